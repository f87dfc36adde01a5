/** Words that begin a statement, and so end the one before: T-SQL needs no semicolons. */
const STATEMENT_WORDS = new Set(
  (
    'SELECT INSERT UPDATE DELETE MERGE DECLARE SET IF ELSE WHILE BEGIN END EXEC EXECUTE PRINT RETURN THROW RAISERROR ' +
    'COMMIT ROLLBACK SAVE CREATE ALTER DROP TRUNCATE USE BREAK CONTINUE GRANT REVOKE DENY OPEN CLOSE FETCH DEALLOCATE ' +
    'WAITFOR GOTO'
  ).split(' '),
);

const DROPPABLE = /^(TABLE|VIEW|PROCEDURE|PROC|SCHEMA|INDEX|TYPE|COLUMN|CONSTRAINT|SEQUENCE|FUNCTION|USER|DATABASE)$/;
const PERMISSION = /^(GRANT|REVOKE|DENY)$/;
const CHANGE = /^(INSERT|UPDATE|DELETE|MERGE)$/;
const DEFINITION = /^(CREATE|ALTER)$/;

/** What is known of a statement while its end is looked for. */
export interface StatementSoFar {
  readonly head: string;
  readonly previous: string;
  readonly seen: ReadonlySet<string>;
}

function continuesWithSelect({ head, previous, seen }: StatementSoFar): boolean {
  if (/^(UNION|ALL|EXCEPT|INTERSECT|AS|FOR)$/.test(previous)) return true;
  if (head === 'INSERT') return !seen.has('SELECT') && !seen.has('VALUES');
  if (head === 'WITH') return !seen.has('SELECT') && !seen.has('UPDATE') && !seen.has('DELETE');
  return DEFINITION.test(head) && seen.has('VIEW') && !seen.has('SELECT');
}

function continuesWithChange(word: string, { head, previous, seen }: StatementSoFar): boolean {
  if (head === 'MERGE') return previous === 'THEN';
  if (head === 'WITH') return !seen.has('SELECT') && ![...seen].some((one) => CHANGE.test(one));
  if (DEFINITION.test(head)) return previous === 'ON' || previous === 'AFTER';
  return word === 'UPDATE' && previous === 'FOR';
}

function continuesWithSet({ head, previous, seen }: StatementSoFar): boolean {
  if (head === 'MERGE') return previous === 'UPDATE';
  if (head === 'UPDATE' || head === 'WITH') return !seen.has('SET');
  return head === 'ALTER' || previous === 'DELETE' || previous === 'UPDATE';
}

function continues(word: string, statement: StatementSoFar): boolean {
  const { head, previous, seen } = statement;
  if (PERMISSION.test(head)) return !seen.has('ON');
  switch (word) {
    case 'SELECT':
      return continuesWithSelect(statement);
    case 'SET':
      return continuesWithSet(statement);
    case 'INSERT':
    case 'UPDATE':
    case 'DELETE':
    case 'MERGE':
      return continuesWithChange(word, statement);
    case 'RETURN':
      return DEFINITION.test(head) && seen.has('TRIGGER');
    case 'IF':
      return DROPPABLE.test(previous);
    case 'FETCH':
      return seen.has('OFFSET');
    case 'ALTER':
      return head === 'ALTER' || previous === 'OR';
    case 'DROP':
      return head === 'ALTER';
  }
  return false;
}

/** Whether this word can only belong to the next statement. */
export function startsNextStatement(word: string, statement: StatementSoFar): boolean {
  return STATEMENT_WORDS.has(word) && !continues(word, statement);
}

/** Whether a word is reserved for the beginning of a statement. */
export function isStatementWord(word: string): boolean {
  return STATEMENT_WORDS.has(word);
}
