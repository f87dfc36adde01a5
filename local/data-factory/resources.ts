import { randomUUID } from 'node:crypto';
import type { EntityHistory } from './entity-history.ts';
import { ArmError, badRequest, documentNotFound } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/** The kinds of documents in a factory, as they are spelt (in lower case) in a resource id. */
export type Kind = 'pipelines' | 'datasets' | 'linkedservices' | 'integrationruntimes';

/** A stored document in the envelope in which it is answered. That of a linked service may hold a secret. */
export interface Resource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly etag: string;
  readonly properties: JsonObject;
}

interface DocumentReference {
  readonly kind: Kind;
  readonly name: string;
}

// https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-data-factory-limits
const MAXIMUM_ENTITIES = 5_000;
const PAGE = 50;

const REFERENCE_KINDS = new Map<Json | undefined, Kind>([
  ['PipelineReference', 'pipelines'],
  ['DatasetReference', 'datasets'],
  ['LinkedServiceReference', 'linkedservices'],
  ['IntegrationRuntimeReference', 'integrationruntimes'],
]);

function references(value: Json): readonly DocumentReference[] {
  if (typeof value !== 'object' || value === null) return [];
  const nested = Object.values(value).flatMap((member: Json) => references(member));
  if (!isObject(value)) return nested;
  const kind = REFERENCE_KINDS.get(value['type']);
  const name = value['referenceName'];
  return kind !== undefined && typeof name === 'string' ? [{ kind, name }, ...nested] : nested;
}

function key(kind: Kind, name: string): string {
  return `${kind}/${name}`.toLowerCase();
}

/** The documents of one factory: the raw JSON that was put, never a re-serialised model. Names ignore case. */
export class Resources {
  readonly #factoryId: string;
  readonly #history: EntityHistory;
  readonly #documents = new Map<string, { readonly kind: Kind; readonly resource: Resource }>();

  constructor(factoryId: string, history: EntityHistory) {
    this.#factoryId = factoryId;
    this.#history = history;
  }

  /** Creates or replaces; 412 when `ifMatch` does not hold, 400 when a reference leads nowhere. */
  put(kind: Kind, name: string, properties: JsonObject, ifMatch: string | undefined): Resource {
    const current = this.#documents.get(key(kind, name))?.resource;
    checkMatch(current, ifMatch);
    for (const target of references(properties)) {
      if (this.#documents.has(key(target.kind, target.name))) continue;
      throw badRequest(`The document creation or update failed because of invalid reference '${target.name}'.`);
    }
    if (current === undefined && this.#documents.size >= MAXIMUM_ENTITIES) {
      throw badRequest(`The factory has reached its limit of ${MAXIMUM_ENTITIES} entities.`);
    }
    const resource = {
      id: `${this.#factoryId}/${kind}/${current?.name ?? name}`,
      name: current?.name ?? name,
      type: `Microsoft.DataFactory/factories/${kind}`,
      etag: randomUUID(),
      properties,
    };
    this.#documents.set(key(kind, name), { kind, resource });
    if (current === undefined) this.#history.note(this.#documents.size);
    return resource;
  }

  /** The document; 404 when there is none. */
  get(kind: Kind, name: string): Resource {
    const found = this.#documents.get(key(kind, name));
    if (found === undefined) throw documentNotFound();
    return found.resource;
  }

  /** Removes a document and says whether there was one; 400 while another document refers to it. */
  delete(kind: Kind, name: string): boolean {
    const wanted = key(kind, name);
    for (const { resource } of this.#documents.values()) {
      const refers = references(resource.properties).some((target) => key(target.kind, target.name) === wanted);
      if (refers && this.#documents.has(wanted)) {
        throw badRequest(`The document cannot be deleted since it is referenced by ${resource.name}.`);
      }
    }
    const isDeleted = this.#documents.delete(wanted);
    if (isDeleted) this.#history.note(this.#documents.size);
    return isDeleted;
  }

  /** One page by name, from the given index; `next` is the index of the following page, if any. */
  list(kind: Kind, from: number): { readonly page: readonly Resource[]; readonly next: number | undefined } {
    const all = [...this.#documents.values()]
      .filter((document) => document.kind === kind)
      .map(({ resource }) => resource)
      .sort((a, b) => a.name.localeCompare(b.name));
    return { page: all.slice(from, from + PAGE), next: from + PAGE < all.length ? from + PAGE : undefined };
  }
}

function checkMatch(current: Resource | undefined, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return;
  const holds = ifMatch === '*' ? current !== undefined : current?.etag === ifMatch.replaceAll('"', '');
  if (!holds) throw new ArmError(412, 'PreconditionFailed', 'The ETag given in If-Match does not match the document.');
}
