# avocet_library(NAME [SEPARATE] SOURCES ... DEPS ...): one static library target a folder.
#
# SEPARATE, here and below: the sources use the same names for different things, which a unity build would not bear.
function(avocet_library name)
  cmake_parse_arguments(ARG "SEPARATE" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE avocet_flags ${ARG_PRIVATE_DEPS})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  if(ARG_SEPARATE)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()

# avocet_binary(NAME SOURCES ... DEPS ...): one program.
function(avocet_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} avocet_flags)
endfunction()

# All that a build for ThreadSanitizer needs.
add_custom_target(threaded_tests)

# avocet_test(NAME [SEPARATE] SOURCES ... DEPS ... [LABELS ...]): one GoogleTest program, one CTest entry. The label `threads`
# adds it to the tests that run under ThreadSanitizer. With a sanitizer, whose code for every header's templates takes longer
# than the tests themselves to compile, it is a unity build; the other presets compile each file alone.
function(avocet_test name)
  cmake_parse_arguments(ARG "SEPARATE" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(AVOCET_SANITIZER MATCHES "thread" AND NOT "threads" IN_LIST ARG_LABELS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  if("threads" IN_LIST ARG_LABELS)
    add_dependencies(threaded_tests ${name})
  endif()
  if(ARG_SEPARATE)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  elseif(AVOCET_SANITIZER)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} avocet_flags GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    AVOCET_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data" AVOCET_BUILD_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  set(suppressions "suppressions=${PROJECT_SOURCE_DIR}/tests")
  set(environment
    "OMP_NUM_THREADS=2"
    # Tests run beside each other: threads that wait for theirs are not to keep others' from running.
    "OMP_WAIT_POLICY=passive"
    "TSAN_OPTIONS=${suppressions}/tsan.supp:halt_on_error=1"
    "LSAN_OPTIONS=${suppressions}/lsan.supp:print_suppressions=0")
  set_tests_properties(${name} PROPERTIES
    LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${environment}")
endfunction()
