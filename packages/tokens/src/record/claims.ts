/** A value that JSON can represent. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/** The data that an application stores with a session. At most 16 KiB as JSON. */
export type Claims = { [key: string]: JsonValue }
