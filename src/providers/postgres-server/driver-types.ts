// The driver's own types are in `@types/pg`, which a project may have. They need TypeScript 5.7, and a project
// that checks the types of its packages with an older one could not use this package at all.

/* eslint-disable @typescript-eslint/ban-ts-comment -- where there is no @types/pg, these are `any` */
/** @ts-ignore */
type OwnClient = import('pg').Client;
/** @ts-ignore */
type OwnPool = import('pg').Pool;
/* eslint-enable @typescript-eslint/ban-ts-comment */

// Within tuples: TypeScript 5.5 and newer do not compare with a type that they could not find.
type Known<Type, Otherwise> = [unknown] extends [Type] ? Otherwise : Type;

/** A `pg.Client`: that of `@types/pg` where the project has it, otherwise {@link PlainClient}. */
export type DriverClient = Known<OwnClient, PlainClient>;
/** A `pg.Pool`: that of `@types/pg` where the project has it, otherwise {@link PlainPool}. */
export type DriverPool = Known<OwnPool, PlainPool>;

/* eslint-disable @typescript-eslint/no-explicit-any -- as in @types/pg: what a row has is the query's */
/** What a query has found. */
export interface PlainResult<Row = any> {
  readonly command: string;
  readonly rows: Row[];
  readonly rowCount: number | null;
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

/** A query with its values. */
export interface PlainQuery {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
  readonly rowMode?: 'array';
}

/** What clients and pools share. */
export interface PlainQueryable {
  query<Row = any>(query: string | PlainQuery, values?: readonly unknown[]): Promise<PlainResult<Row>>;
  on(event: string, listener: (...values: any[]) => void): this;
  end(): Promise<void>;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The part of a `pg.Client` that is typed without `@types/pg`. */
export interface PlainClient extends PlainQueryable {
  connect(): Promise<void>;
  escapeIdentifier(text: string): string;
  escapeLiteral(text: string): string;
}

/** The part of a `pg.Pool` that is typed without `@types/pg`. */
export interface PlainPool extends PlainQueryable {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  connect(): Promise<PlainClient & { release(failed?: Error | boolean): void }>;
}
