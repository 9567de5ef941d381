/** A value that survives JSON. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/** What an application keeps with a session. At most 16 KiB as JSON. */
export type Claims = { [key: string]: JsonValue }
