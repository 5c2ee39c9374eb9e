// A store in memory with some people in it, and a server over it, for tests that speak the wire.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/storage/memory.h"
#include "engine/store.h"
#include "server/server.h"

namespace chartline::server {

class ServedStore {
 public:
  explicit ServedStore(ServerOptions options = {}, std::uint32_t shards = 1) : ServedStore(std::move(options), open_door_, shards) {}
  ServedStore(ServerOptions options, Doorkeeper& door, std::uint32_t shards = 1) {
    auto backend = engine::memory_backend(disk_);
    EXPECT_TRUE(engine::Store::init(*backend, {.shards = shards, .zone = "UTC"}));
    auto opened = engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk_)), {.fold_delay_ms = 1});
    EXPECT_TRUE(opened);
    store = std::move(*opened);
    options.listen = "127.0.0.1:0";
    auto started = Server::start(*store, door, options);
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }

  // `count` observations local:C of one person, a day apart from 2020-01-01, with the values 1, 2, ...
  void observe(const std::string& person, const std::string& code, int count, const std::string& organisation = "RYJ") {
    const record::Identifier who{.system = "test", .value = person};
    std::vector<record::Event> events;
    for (int i = 0; i < count; ++i) {
      record::Event event;
      event.kind = record::Kind::observation;
      event.code = {"local", code, {}};
      event.start = record::day_time(record::days_from_civil(2020, 1, 1) + i);
      event.value.form = record::Value::Form::number;
      event.value.number = record::decimal(i + 1, 0);
      event.value.unit = "mmol/L";
      event.source.organisation = organisation;
      events.push_back(event);
    }
    std::vector<record::Record> records;
    for (const record::Event& event : events) records.push_back({.identifiers = {&who, 1}, .events = {&event, 1}});
    const auto written = store->write(records, {});
    ASSERT_TRUE(written) << written.error().message;
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

  std::unique_ptr<engine::Store> store;
  std::unique_ptr<Server> server;

 private:
  std::shared_ptr<engine::MemoryDisk> disk_ = std::make_shared<engine::MemoryDisk>();
  OpenDoor open_door_;
};

}  // namespace chartline::server
