# Cap'n Proto: its libraries, and its compiler. Debian's own CMake package wants a libatomic that g++ hides from CMake, and
# then finds nothing; so the libraries are named here. The static ones, so that the program runs where none is installed.
find_program(CAPNP_COMPILER capnp REQUIRED)
foreach(library kj kj-async kj-http kj-tls capnp capnp-rpc)
  find_library(CAPNP_LIBRARY_${library} lib${library}.a REQUIRED)
endforeach()
find_package(Threads REQUIRED)
set(capnp_libraries ${CAPNP_LIBRARY_capnp-rpc} ${CAPNP_LIBRARY_capnp} ${CAPNP_LIBRARY_kj-async} ${CAPNP_LIBRARY_kj} Threads::Threads)

# What its mutex orders is told to ThreadSanitizer.
if(CHARTLINE_SANITIZE STREQUAL "thread" AND NOT TARGET chartline_kj_mutex)
  set(lock _ZN2kj1_5Mutex4lockENS1_11ExclusivityENS_5MaybeINS_8QuantityIlNS0_15NanosecondLabelEEEEENS_18NoopSourceLocationE)
  set(unlock _ZN2kj1_5Mutex6unlockENS1_11ExclusivityEPNS1_6WaiterE)
  set(wait _ZN2kj1_5Mutex4waitERNS1_9PredicateENS_5MaybeINS_8QuantityIlNS0_15NanosecondLabelEEEEENS_18NoopSourceLocationE)
  add_library(chartline_kj_mutex STATIC ${PROJECT_SOURCE_DIR}/tests/threads/kj_mutex.cc)
  target_compile_features(chartline_kj_mutex PRIVATE cxx_std_20)
  target_compile_options(chartline_kj_mutex PRIVATE -fno-access-control)
  target_compile_definitions(chartline_kj_mutex PRIVATE KJ_MUTEX_LOCK="${lock}" KJ_MUTEX_UNLOCK="${unlock}" KJ_MUTEX_WAIT="${wait}")
  target_link_options(chartline_kj_mutex INTERFACE -Wl,--wrap=${lock} -Wl,--wrap=${unlock} -Wl,--wrap=${wait})
  list(APPEND capnp_libraries $<BUILD_INTERFACE:chartline_kj_mutex>)
endif()

# chartline_schema(schema chartline.capnp): the static library chartline::schema of what the compiler makes, for those who
# include "<this folder>/chartline.capnp.h".
function(chartline_schema name file)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(generated ${PROJECT_BINARY_DIR}/generated)
  set(out ${generated}/${folder}/${file})
  file(MAKE_DIRECTORY ${generated}/${folder})
  add_custom_command(OUTPUT ${out}.h ${out}.c++
    COMMAND ${CAPNP_COMPILER} compile --src-prefix=${CMAKE_CURRENT_SOURCE_DIR} -oc++:${generated}/${folder} ${CMAKE_CURRENT_SOURCE_DIR}/${file}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(target chartline_${name})
  add_library(${target} STATIC ${out}.c++ ${out}.h)
  add_library(chartline::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME ${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${generated}>)
  target_link_libraries(${target} PUBLIC ${capnp_libraries})
endfunction()
