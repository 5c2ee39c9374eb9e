// A connection to a served store, for tests.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "clients/cpp/connection.h"
#include "tests/server/served_store.h"

namespace chartline::client {

inline std::unique_ptr<Connection> connect_to(const std::string& address, const std::atomic<bool>* cancel = nullptr) {
  auto connection = Connection::open({.address = address, .cancel = cancel});
  EXPECT_TRUE(connection) << connection.error().message;
  return connection ? std::move(*connection) : nullptr;
}
inline std::unique_ptr<Connection> connect(const server::ServedStore& served, const std::atomic<bool>* cancel = nullptr) {
  return connect_to(served.address(), cancel);
}

}  // namespace chartline::client
