# Writes INPUT into OUTPUT as a C array, store_functions, with its length behind it.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes
       "${bytes}")
file(WRITE ${OUTPUT} "#include \"ports/store_private.h\"\n\nconst uint8_t store_functions[] = {\n${bytes}\n};\n"
     "const size_t store_functions_n = sizeof(store_functions);\n")
