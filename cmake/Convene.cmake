# The verbs of this build: convene_module, convene_program (and convene_man), convene_test, convene_fuzz, convene_bench.

add_library(convene_flags INTERFACE)
target_compile_options(convene_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wimplicit-fallthrough
  -Wformat=2 -Wpointer-arith -Wwrite-strings -Werror -fno-common
  $<$<C_COMPILER_ID:Clang>:-Wno-implicit-fallthrough>) # clang sees it in uthash's macros; gcc checks ours
target_compile_definitions(convene_flags INTERFACE _GNU_SOURCE CONVENE_VERSION="${PROJECT_VERSION}")
target_include_directories(convene_flags INTERFACE
  ${CMAKE_SOURCE_DIR}/lib ${CMAKE_SOURCE_DIR}/daemon ${CMAKE_SOURCE_DIR}/workers ${CMAKE_SOURCE_DIR}
  ${CMAKE_BINARY_DIR}/generated)
if(CONVENE_SANITIZE)
  target_compile_options(convene_flags INTERFACE -fsanitize=${CONVENE_SANITIZE} -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_link_options(convene_flags INTERFACE -fsanitize=${CONVENE_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(convene_flags INTERFACE -g1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
                         -fstack-clash-protection -fcf-protection)
  target_link_options(convene_flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()

# The rank of each folder in the tower; a module may USE lower ranks only.
set(CONVENE_RANKS util=0 proto=0 domain=1 io=1 wire=2 ports=3 flow=4 kit=3 daemon=5 validator=5 scheduler=5 cli=5 testlib=6)
function(convene_rank name ret_rank)
  foreach(pair ${CONVENE_RANKS})
    if(pair MATCHES "^${name}=([0-9])$")
      set(${ret_rank} ${CMAKE_MATCH_1} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "${name} has no rank in the tower (cmake/Convene.cmake)")
endfunction()

# convene_module(NAME wire SOURCES a.c b.c USES domain proto LIBS PkgConfig::JANSSON): static library convene_wire.
function(convene_module)
  cmake_parse_arguments(M "" "NAME" "SOURCES;USES;LIBS" ${ARGN})
  convene_rank(${M_NAME} rank)
  add_library(convene_${M_NAME} STATIC ${M_SOURCES})
  target_link_libraries(convene_${M_NAME} PUBLIC convene_flags)
  foreach(used ${M_USES})
    convene_rank(${used} below)
    if(NOT below LESS rank)
      message(FATAL_ERROR "${M_NAME} (rank ${rank}) must not use ${used} (rank ${below}): the tower points down")
    endif()
    target_link_libraries(convene_${M_NAME} PUBLIC convene_${used})
  endforeach()
  target_link_libraries(convene_${M_NAME} PUBLIC ${M_LIBS})
endfunction()

# convene_program(NAME convene SOURCES main.c USES wire io LIBS …): build/bin/convene, installed.
function(convene_program)
  cmake_parse_arguments(P "NO_INSTALL" "NAME" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(${P_NAME} ${P_SOURCES})
  foreach(used ${P_USES})
    target_link_libraries(${P_NAME} PRIVATE convene_${used})
  endforeach()
  target_link_libraries(${P_NAME} PRIVATE convene_flags ${P_LIBS})
  if(NOT P_NO_INSTALL)
    install(TARGETS ${P_NAME} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()

# convene_man(convene 1): the program writes its own page, from what its --help is made of.
function(convene_man program section)
  set(page ${CMAKE_CURRENT_BINARY_DIR}/${program}.${section})
  add_custom_command(OUTPUT ${page} COMMAND sh -c "\"$1\" --man > \"$2\"" sh $<TARGET_FILE:${program}> ${page} DEPENDS ${program} VERBATIM)
  add_custom_target(${program}_man ALL DEPENDS ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()

# convene_test(NAME util_arena SOURCES test_arena.c USES util): one cmocka program, one ctest case. LONG: it begins before
# others. The timeout ends what hangs, on the busiest machine; it is no measure.
function(convene_test)
  cmake_parse_arguments(T "LONG" "NAME" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(test_${T_NAME} ${T_SOURCES})
  set_target_properties(test_${T_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  foreach(used ${T_USES})
    target_link_libraries(test_${T_NAME} PRIVATE convene_${used})
  endforeach()
  target_link_libraries(test_${T_NAME} PRIVATE convene_flags PkgConfig::CMOCKA ${T_LIBS})
  add_test(NAME ${T_NAME} COMMAND test_${T_NAME})
  set_tests_properties(${T_NAME} PROPERTIES TIMEOUT 600 LABELS unit)
  if(T_LONG)
    set_tests_properties(${T_NAME} PROPERTIES COST 100)
  endif()
endfunction()

# convene_fuzz(NAME frame SOURCES fuzz_frame.c USES wire): a libFuzzer target where CONVENE_FUZZ is on; its corpus
# (tests/fuzz/corpus/fuzz_NAME) also runs as a plain test everywhere.
function(convene_fuzz)
  cmake_parse_arguments(F "" "NAME" "SOURCES;USES;LIBS" ${ARGN})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/fuzz_${F_NAME})
  if(CONVENE_FUZZ)
    add_executable(fuzz_${F_NAME} ${F_SOURCES})
    target_link_options(fuzz_${F_NAME} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(fuzz_${F_NAME} ${F_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
    add_test(NAME fuzz_corpus_${F_NAME} COMMAND fuzz_${F_NAME} ${corpus})
    set_tests_properties(fuzz_corpus_${F_NAME} PROPERTIES TIMEOUT 120 LABELS fuzz)
  endif()
  set_target_properties(fuzz_${F_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  foreach(used ${F_USES})
    target_link_libraries(fuzz_${F_NAME} PRIVATE convene_${used})
  endforeach()
  target_link_libraries(fuzz_${F_NAME} PRIVATE convene_flags ${F_LIBS})
endfunction()

# convene_bench(NAME calendar SOURCES … USES …): build/bench/bench_NAME, run by ./dev bench.
function(convene_bench)
  cmake_parse_arguments(B "" "NAME" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(bench_${B_NAME} ${B_SOURCES})
  set_target_properties(bench_${B_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  foreach(used ${B_USES})
    target_link_libraries(bench_${B_NAME} PRIVATE convene_${used})
  endforeach()
  target_link_libraries(bench_${B_NAME} PRIVATE convene_flags ${B_LIBS})
endfunction()
