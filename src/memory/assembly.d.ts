// What `assembly/layout.ts` needs to be TypeScript too.
declare type u32 = number
declare type i32 = number
