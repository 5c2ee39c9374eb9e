# What `cmake --install` puts in place: the program, the libraries up to the query language with their headers, the client library with its
# two, and the files by which find_package(chartline) finds them. Headers keep their paths: #include "engine/store.h".
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/chartline)

install(TARGETS chartline_base chartline_record chartline_stored chartline_engine chartline_query EXPORT chartline-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(folder base formats/record formats/stored engine query)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/chartline/${folder}
    FILES_MATCHING PATTERN "*.h")
endforeach()
# The client library stands on what speaks the wire, whose headers are nobody's but its own.
install(TARGETS chartline_client chartline_wire chartline_schema EXPORT chartline-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${PROJECT_SOURCE_DIR}/clients/cpp/connection.h ${PROJECT_SOURCE_DIR}/clients/cpp/types.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/chartline/clients/cpp)
install(TARGETS chartline RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(EXPORT chartline-targets NAMESPACE chartline:: DESTINATION ${package})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/chartline-config.cmake.in
  ${PROJECT_BINARY_DIR}/chartline-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/chartline-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/chartline-config.cmake ${PROJECT_BINARY_DIR}/chartline-config-version.cmake
  DESTINATION ${package})
