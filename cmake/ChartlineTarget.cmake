# How every target of the project is made: C++20, strict warnings, sources listed by name.
include(GNUInstallDirs)

add_library(chartline_options INTERFACE)
target_compile_features(chartline_options INTERFACE cxx_std_20)
target_compile_options(chartline_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -fno-semantic-interposition)
# The program is instrumented. Its tests are too, but where they are compiled as in a release (CHARTLINE_TEST_FLAGS): then the
# compiler's cache has them from the release.
add_library(chartline_instrumented INTERFACE)
if(CHARTLINE_SANITIZE)
  target_compile_options(chartline_instrumented INTERFACE
    -fsanitize=${CHARTLINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(chartline_options INTERFACE -fsanitize=${CHARTLINE_SANITIZE})
endif()
# libFuzzer comes with clang's runtime, and takes what g++ tells of branches and comparisons. So one build serves tests and fuzzing.
set(coverage_options "")
if(CHARTLINE_FUZZ)
  set(coverage_options -fsanitize-coverage=trace-pc,trace-cmp)
  file(GLOB LIBFUZZER /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-${CMAKE_SYSTEM_PROCESSOR}.a)
  if(NOT LIBFUZZER)
    message(FATAL_ERROR "CHARTLINE_FUZZ needs libFuzzer: the package libclang-rt-14-dev")
  endif()
  list(GET LIBFUZZER 0 LIBFUZZER)
  add_library(chartline_uncounted STATIC ${PROJECT_SOURCE_DIR}/tests/fuzz/uncounted.cc)
  target_link_libraries(chartline_options INTERFACE chartline_uncounted)
endif()
add_custom_target(fuzz_programs)
# Counts the branches of the program, not those of its tests, which are compiled as ever.
if(CHARTLINE_COVERAGE)
  set(coverage_options -O0 --coverage -fprofile-update=atomic)
  target_link_options(chartline_options INTERFACE --coverage)
endif()
find_program(MOLD mold)
if(MOLD)
  target_link_options(chartline_options INTERFACE -fuse-ld=mold)
endif()

# What all targets have in common: the options, our own libraries (USES) and third parties' (PRIVATE_LIBRARIES).
function(chartline_link target)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "USES;PRIVATE_LIBRARIES")
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE chartline_options)
  if(NOT CHARTLINE_AS_IN_RELEASE)
    target_link_libraries(${target} PRIVATE chartline_instrumented)
  endif()
  target_link_libraries(${target} PRIVATE ${ARG_PRIVATE_LIBRARIES})
  foreach(used ${ARG_USES})
    target_link_libraries(${target} PRIVATE chartline::${used})
  endforeach()
endfunction()

# chartline_library(engine SOURCES a.cc ... USES base record ... PRIVATE_LIBRARIES RocksDB::rocksdb ...)
# makes the static library chartline_engine, known as chartline::engine, and installs it with the headers of its folder.
function(chartline_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;USES;PRIVATE_LIBRARIES")
  set(target chartline_${name})
  if(ARG_SOURCES)
    set(reach PUBLIC)
    add_library(${target} STATIC ${ARG_SOURCES})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:chartline_options> $<BUILD_INTERFACE:chartline_instrumented>
      ${ARG_PRIVATE_LIBRARIES})
    target_compile_options(${target} PRIVATE ${coverage_options})
  else()
    set(reach INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  add_library(chartline::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${reach} cxx_std_20)
  target_include_directories(${target} ${reach}
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/chartline>)
  foreach(used ${ARG_USES})
    target_link_libraries(${target} ${reach} chartline::${used})
  endforeach()
endfunction()

# Programs take jemalloc where there is one: folding, which makes and drops many small things, is a quarter faster by it.
find_library(JEMALLOC jemalloc)

# chartline_program(chartline SOURCES main.cc USES cli): the program stands at the top of the build folder.
function(chartline_program name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;USES;PRIVATE_LIBRARIES")
  add_executable(${name} ${ARG_SOURCES})
  chartline_link(${name} USES ${ARG_USES} PRIVATE_LIBRARIES ${ARG_PRIVATE_LIBRARIES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  if(JEMALLOC AND NOT CHARTLINE_SANITIZE)
    target_link_libraries(${name} PRIVATE ${JEMALLOC})
  endif()
endfunction()

# chartline_test(base SOURCES a_test.cc ... USES base): one GoogleTest program per folder; ctest sees each of its tests,
# run from the project's root. A test named Lane*.* is given the label `lane`; one named Soak*.* the label `soak`, and the time
# that such a test needs.
# TELLS: it runs servers, and what they tell is searched for canaries afterwards (tests/canary).
function(chartline_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "TELLS" "" "SOURCES;USES;PRIVATE_LIBRARIES")
  set(tells)
  if(ARG_TELLS)
    set(tells FIXTURES_REQUIRED tellings ENVIRONMENT CHARTLINE_TELLINGS=${PROJECT_BINARY_DIR}/tellings)
  endif()
  add_executable(${name}_test ${ARG_SOURCES})
  chartline_link(${name}_test USES ${ARG_USES} PRIVATE_LIBRARIES ${ARG_PRIVATE_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." TEST_FILTER "-Soak*:Lane*" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 ${tells})
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." TEST_FILTER "Lane*" TEST_LIST ${name}_lane_tests
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 1800 LABELS lane)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." TEST_FILTER "Soak*" TEST_LIST ${name}_soak_tests
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 14400 LABELS soak)
endfunction()

# chartline_fuzz(bytes SOURCES bytes_fuzz.cc USES base): a program build/<preset>/fuzz/bytes and a test that gives it all of
# tests/fuzz/corpus/bytes. Where CHARTLINE_FUZZ is on, the program is libFuzzer's and finds more by itself.
function(chartline_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;USES;PRIVATE_LIBRARIES")
  set(folder ${PROJECT_SOURCE_DIR}/tests/fuzz)
  add_executable(${name}_fuzz ${ARG_SOURCES})
  chartline_link(${name}_fuzz USES ${ARG_USES} PRIVATE_LIBRARIES ${ARG_PRIVATE_LIBRARIES})
  if(CHARTLINE_FUZZ)
    target_sources(${name}_fuzz PRIVATE ${folder}/counted.cc)
    target_compile_options(${name}_fuzz PRIVATE ${coverage_options})
    target_link_options(${name}_fuzz PRIVATE -Wl,--allow-multiple-definition)
    target_link_libraries(${name}_fuzz PRIVATE ${LIBFUZZER} pthread)
    set(once -runs=0 -timeout=60)
  else()
    target_link_libraries(${name}_fuzz PRIVATE chartline_replay)
    set(once "")
  endif()
  add_dependencies(fuzz_programs ${name}_fuzz)
  set_target_properties(${name}_fuzz PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  add_test(NAME fuzz.${name} COMMAND ${name}_fuzz ${once} ${folder}/corpus/${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 600 LABELS fuzz)
endfunction()
