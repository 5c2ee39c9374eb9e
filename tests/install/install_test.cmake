# Installs the build folder into a prefix of its own and builds and runs the consumer against nothing but that prefix.
if(sanitize)
  string(APPEND flags " -fsanitize=${sanitize}")
endif()
file(REMOVE_RECURSE ${work}/prefix ${work}/consumer ${work}/store)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${build} --prefix ${work}/prefix)
run(${CMAKE_COMMAND} -G Ninja -S ${source} -B ${work}/consumer -D CMAKE_BUILD_TYPE=None -D CMAKE_CXX_COMPILER=${compiler}
  "-DCMAKE_CXX_FLAGS=${flags}" -D CMAKE_PREFIX_PATH=${work}/prefix -D CMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
run(${CMAKE_COMMAND} --build ${work}/consumer)
run(${work}/consumer/consumer ${work}/store)
# The installed server, and a program that speaks to it.
run(sh ${source}/served.sh ${work}/prefix/bin/chartline ${work}/store ${work}/consumer/remote)
