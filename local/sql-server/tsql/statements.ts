import type { Token } from './lexer.ts';
import type { DeclaredType } from './types.ts';

/** A statement that goes to the relational translator as tokens. */
export interface RelationalStatement {
  readonly kind: 'relational';
  /** Its first keyword. */
  readonly head: string;
  readonly tokens: readonly Token[];
  readonly line: number;
}

export interface Argument {
  /** With `@`, in lower case; undefined when passed by position. */
  readonly name: string | undefined;
  readonly value: readonly Token[];
  readonly output: boolean;
}

export interface ExecuteStatement {
  readonly kind: 'execute';
  readonly line: number;
  /** The variable that takes the return value. */
  readonly result: string | undefined;
  /** The procedure's name, or a variable that holds it; undefined for EXEC (text). */
  readonly procedure: readonly Token[] | undefined;
  readonly text: readonly Token[];
  readonly arguments: readonly Argument[];
}

export interface ProcedureParameter {
  readonly name: string;
  readonly type: DeclaredType;
  readonly default: readonly Token[] | undefined;
  readonly output: boolean;
}

export interface ProcedureStatement {
  readonly kind: 'procedure';
  readonly mode: 'CREATE' | 'ALTER' | 'CREATE OR ALTER';
  readonly name: readonly string[];
  readonly parameters: readonly ProcedureParameter[];
  readonly body: readonly Statement[];
  /** The statement's own text, kept as the definition. */
  readonly text: string;
}

export type TransactionOperation = 'begin' | 'commit' | 'rollback' | 'save';

export interface VariableDeclaration {
  readonly kind: 'scalar' | 'table' | 'cursor' | 'static cursor';
  readonly name: string;
  readonly type: DeclaredType;
  /** Initial value, table definition or cursor query. */
  readonly tokens: readonly Token[];
}

/** Statements that decide what runs next. */
export type ControlStatement =
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly condition: readonly Token[];
      readonly whenTrue: Statement;
      readonly whenFalse: Statement | undefined;
    }
  | { readonly kind: 'while'; readonly condition: readonly Token[]; readonly body: Statement }
  | { readonly kind: 'try'; readonly body: readonly Statement[]; readonly handler: readonly Statement[] }
  | { readonly kind: 'return'; readonly value: readonly Token[] }
  | { readonly kind: 'break' | 'continue' };

/** Statements after which the next one runs. */
export type PlainStatement =
  | RelationalStatement
  | ExecuteStatement
  | ProcedureStatement
  | { readonly kind: 'declare'; readonly variables: readonly VariableDeclaration[] }
  | { readonly kind: 'set'; readonly name: string; readonly operator: string; readonly value: readonly Token[] }
  | { readonly kind: 'option'; readonly name: string; readonly value: string; readonly line: number }
  | { readonly kind: 'throw' | 'raiserror'; readonly arguments: readonly Token[][]; readonly line: number }
  | { readonly kind: 'print'; readonly value: readonly Token[] }
  | { readonly kind: 'transaction'; readonly operation: TransactionOperation; readonly name: string }
  | { readonly kind: 'use'; readonly database: string }
  | { readonly kind: 'insert-execute'; readonly target: readonly Token[]; readonly execute: ExecuteStatement }
  | { readonly kind: 'cursor'; readonly operation: 'open' | 'close' | 'deallocate'; readonly name: string }
  | { readonly kind: 'fetch'; readonly name: string; readonly into: readonly string[] };

export type Statement = ControlStatement | PlainStatement;

const CONTROL = new Set<string>(['block', 'if', 'while', 'try', 'return', 'break', 'continue']);

/** Tells the two sorts of statements apart. */
export function isControl(statement: Statement): statement is ControlStatement {
  return CONTROL.has(statement.kind);
}
