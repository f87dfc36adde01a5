import { notSupported } from '../sql-error.ts';
import { isStatementWord, startsNextStatement } from './boundaries.ts';
import { parseDeclaration } from './declarations.ts';
import { parseExecute } from './execute.ts';
import { type Token, tokenize } from './lexer.ts';
import { parseProcedureHeader } from './procedure.ts';
import type { ExecuteStatement, Statement, TransactionOperation } from './statements.ts';
import { TokenReader, isName, isWord, splitAtCommas } from './token-reader.ts';

const RELATIONAL = /^(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|TRUNCATE|GRANT|REVOKE|DENY)$/;

/**
 * Parses a batch: control flow becomes a tree, relational statements stay tokens.
 * Throws error 102, or a refusal that names the construct.
 */
export function parseBatch(sql: string): Statement[] {
  return new Parser(sql).batch();
}

/** Parentheses around a SELECT begin a statement: `(SELECT …) UNION SELECT …`. */
function isQuery(token: Token | undefined): boolean {
  return token?.kind === 'group' && isWord(token.children[0], 'SELECT');
}

class Parser {
  readonly #source: string;
  readonly #reader: TokenReader;

  constructor(source: string) {
    this.#source = source;
    this.#reader = new TokenReader(tokenize(source));
  }

  batch(): Statement[] {
    return this.#list(() => this.#reader.done);
  }

  #list(ends: () => boolean): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      while (this.#reader.accept(';'));
      if (ends()) return statements;
      statements.push(this.#statement());
    }
  }

  /** Statements up to END or to `END <word>`, which is skipped. */
  #listUntilEnd(...word: string[]): Statement[] {
    const statements = this.#list(() => this.#reader.at('END', ...word));
    this.#reader.expect('END', ...word);
    return statements;
  }

  #one(): Statement {
    while (this.#reader.accept(';'));
    return this.#statement();
  }

  #statement(): Statement {
    const reader = this.#reader;
    const { line } = reader;
    const head = reader.current?.upper ?? '';
    if (reader.done) throw reader.unexpected();
    if (this.#atProcedure()) return this.#procedure();
    if (RELATIONAL.test(head)) return this.#relational(head, line);
    if (isQuery(reader.current)) return this.#relational('SELECT', line);
    if (!isStatementWord(head)) return this.#bareExecute(line);
    reader.take();
    switch (head) {
      case 'BEGIN':
        return this.#begin();
      case 'IF':
        return this.#if();
      case 'WHILE':
        return { kind: 'while', condition: this.#rest(head), body: this.#one() };
      case 'DECLARE':
        return parseDeclaration(this.#rest(head));
      case 'SET':
        return this.#set(line);
      case 'EXEC':
      case 'EXECUTE':
        return parseExecute(this.#rest(head), line);
      case 'RETURN':
      case 'PRINT':
        return { kind: head === 'RETURN' ? 'return' : 'print', value: this.#rest(head) };
      case 'THROW':
        return { kind: 'throw', arguments: splitAtCommas(this.#rest(head)), line };
      case 'RAISERROR':
        return { kind: 'raiserror', arguments: splitAtCommas(this.#raiserrorArguments()), line };
      case 'BREAK':
      case 'CONTINUE':
        return { kind: head === 'BREAK' ? 'break' : 'continue' };
      case 'USE':
        return { kind: 'use', database: reader.identifier() };
      case 'COMMIT':
      case 'ROLLBACK':
      case 'SAVE':
        return this.#transaction(head.toLowerCase() as TransactionOperation);
    }
    return this.#cursorStatement(head, line);
  }

  #begin(): Statement {
    const reader = this.#reader;
    if (reader.acceptOneOf('TRAN', 'TRANSACTION')) {
      return { kind: 'transaction', operation: 'begin', name: this.#optionalName() };
    }
    if (!reader.accept('TRY')) return { kind: 'block', body: this.#listUntilEnd() };
    const body = this.#listUntilEnd('TRY');
    while (reader.accept(';'));
    reader.expect('BEGIN', 'CATCH');
    return { kind: 'try', body, handler: this.#listUntilEnd('CATCH') };
  }

  #if(): Statement {
    const condition = this.#rest('IF');
    const whenTrue = this.#one();
    const { position } = this.#reader;
    while (this.#reader.accept(';'));
    if (this.#reader.accept('ELSE')) return { kind: 'if', condition, whenTrue, whenFalse: this.#one() };
    this.#reader.position = position;
    return { kind: 'if', condition, whenTrue, whenFalse: undefined };
  }

  #set(line: number): Statement {
    const tokens = this.#rest('SET');
    const [first, operator, ...value] = tokens;
    if (first?.kind === 'variable' && operator) {
      return { kind: 'set', name: first.text.toLowerCase(), operator: operator.text, value };
    }
    const name = tokens.slice(0, -1).map((token) => token.text.toUpperCase());
    return { kind: 'option', name: name.join(' '), value: tokens.at(-1)?.text.toUpperCase() ?? '', line };
  }

  #raiserrorArguments(): readonly Token[] {
    const reader = new TokenReader(this.#rest('RAISERROR'));
    const values = reader.group();
    if (reader.accept('WITH') && reader.acceptOneOf('NOWAIT') === undefined) {
      throw notSupported(`RAISERROR WITH ${reader.take().text}`, reader.line);
    }
    return values;
  }

  #transaction(operation: TransactionOperation): Statement {
    this.#reader.acceptOneOf('TRAN', 'TRANSACTION', 'WORK');
    return { kind: 'transaction', operation, name: this.#optionalName() };
  }

  #optionalName(): string {
    const { current } = this.#reader;
    const named = isName(current) || current?.kind === 'variable';
    return current && named && !isStatementWord(current.upper) ? this.#reader.take().text : '';
  }

  #cursorStatement(head: string, line: number): Statement {
    const reader = this.#reader;
    if (head === 'FETCH') {
      if (reader.accept('NEXT') || !isWord(reader.current, 'PRIOR', 'FIRST', 'LAST', 'ABSOLUTE', 'RELATIVE')) {
        reader.accept('FROM');
        const name = reader.identifier().toLowerCase();
        reader.expect('INTO');
        const into = splitAtCommas(this.#rest(head)).map((part) => part[0]?.text.toLowerCase() ?? '');
        return { kind: 'fetch', name, into };
      }
      throw notSupported(`FETCH ${reader.current?.text ?? ''}`, line);
    }
    if (head === 'OPEN' || head === 'CLOSE' || head === 'DEALLOCATE') {
      const operation = head.toLowerCase() as 'open' | 'close' | 'deallocate';
      return { kind: 'cursor', operation, name: reader.identifier().toLowerCase() };
    }
    if (head === 'WAITFOR' || head === 'GOTO') throw notSupported(head, line);
    reader.position--;
    throw reader.unexpected();
  }

  #relational(head: string, line: number): Statement {
    const tokens = this.#rest(head);
    if (head === 'INSERT' && isWord(this.#reader.current, 'EXEC', 'EXECUTE')) {
      this.#reader.take();
      const execute: ExecuteStatement = parseExecute(this.#rest('EXEC'), line);
      return { kind: 'insert-execute', target: tokens, execute };
    }
    return { kind: 'relational', head, tokens, line };
  }

  /** `procedure arguments` without EXEC, allowed as the first statement of a batch. */
  #bareExecute(line: number): Statement {
    if (this.#reader.position > 0 || !isName(this.#reader.current)) throw this.#reader.unexpected();
    return parseExecute(this.#rest('EXEC'), line);
  }

  #atProcedure(): boolean {
    const reader = this.#reader;
    const offset = isWord(reader.peek(), 'OR') ? 3 : 1;
    return isWord(reader.current, 'CREATE', 'ALTER') && isWord(reader.peek(offset), 'PROC', 'PROCEDURE');
  }

  #procedure(): Statement {
    const start = this.#reader.current?.start ?? 0;
    const header = parseProcedureHeader(this.#reader);
    return { kind: 'procedure', ...header, body: this.batch(), text: this.#source.slice(start) };
  }

  /** The tokens of the statement that began with `head`, from here to its end. */
  #rest(head: string): Token[] {
    const reader = this.#reader;
    const start = reader.position;
    const atHead = reader.current?.upper === head && RELATIONAL.test(head);
    const seen = new Set<string>();
    let previous = '';
    while (reader.current && reader.current.upper !== ';') {
      const word = reader.current.upper;
      const first = reader.position === start && atHead;
      if (!first && startsNextStatement(word, { head, previous, seen })) break;
      seen.add(word);
      previous = word;
      reader.position++;
    }
    return reader.tokens.slice(start, reader.position);
  }
}
