// What `assembly/layout.ts` needs to be TypeScript too.
declare type u32 = number
