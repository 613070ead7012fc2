export * from "./api-types";
export * from "./calls";
export * from "./client";
export * from "./loading";
export * from "./rollcall";
export * from "./words";
