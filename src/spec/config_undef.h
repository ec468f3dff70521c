/* Forgets the row macros of spec/config.def, so that the next reader can define its own.
 * No include guard: it is read after each reading of the table. */
#undef BEGIN
#undef STRING
#undef BOOL
#undef INT
#undef UINT
#undef ENUM
#undef STRINGS
#undef UINTS
#undef ENUMS
#undef OBJECT
#undef LIST
#undef NAMED
#undef MAP
#undef FOREIGN
#undef END
