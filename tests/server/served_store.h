// A store in memory with some people in it, and a server over it, for tests that speak the wire.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/storage/memory.h"
#include "engine/store.h"
#include "server/server.h"
#include "tests/canary/tellings.h"

namespace chartline::server {

class ServedStore {
 public:
  explicit ServedStore(ServerOptions options = {}, std::uint32_t shards = 1)
      : ServedStore(std::move(options), open_door_, shards) {}
  // Who writes waits so long at most while the store stands still.
  ServedStore(ServerOptions options, Doorkeeper& door, std::uint32_t shards = 1, std::uint64_t write_wait_ms = 30'000) {
    auto backend = engine::memory_backend(disk_);
    EXPECT_TRUE(engine::Store::init(*backend, {.shards = shards, .zone = "UTC"}));
    auto opened = engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk_)),
                                      {.write_wait_ms = write_wait_ms, .fold_delay_ms = 1});
    EXPECT_TRUE(opened);
    store = std::move(*opened);
    options.listen = "127.0.0.1:0";
    if (log_file_ >= 0) {
      log_ = std::make_unique<Log>(clock_, LogOptions{.least = LogLevel::debug, .descriptor = log_file_});
      options.log = log_.get();
      options.http_listen = "127.0.0.1:0";
    }
    auto started = Server::start(*store, door, options);
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }

  ~ServedStore() {
    if (server && server->http_port() != 0) keep_telling("metrics", metrics_at(server->http_port()));
    server.reset();
    log_.reset();
    if (log_file_ >= 0) close(log_file_);
  }

  // With canaries in the record. `count` observations local:C of one person, a day apart from 2020-01-01, with the values 1, 2, ...
  void observe(const std::string& person, const std::string& code, int count, const std::string& organisation = "RYJ") {
    const std::string hidden = std::string(canary) + "-" + person;
    const record::Identifier who[] = {{.system = "test", .value = person}, {.system = "bird", .value = hidden}};
    record::Attribute note{.name = "note"};
    note.value.form = record::Value::Form::text;
    note.value.text = canary;
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
      event.attributes = {&note, 1};
      events.push_back(event);
    }
    std::vector<record::Record> records;
    for (const record::Event& event : events) records.push_back({.identifiers = who, .events = {&event, 1}});
    const auto written = store->write(records, {});
    ASSERT_TRUE(written) << written.error().message;
  }

  // The machine stops: what was not synced is lost. The server goes on, over a store that answers nothing.
  void crash() { disk_->crash(); }
  std::unique_ptr<engine::Store> opened_again() const {
    auto opened = engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk_)), {});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

  std::unique_ptr<engine::Store> store;
  std::unique_ptr<Server> server;

 private:
  SystemClock clock_;
  int log_file_ = open_telling("log");  // -1: nobody reads one
  std::unique_ptr<Log> log_;
  std::shared_ptr<engine::MemoryDisk> disk_ = std::make_shared<engine::MemoryDisk>();
  OpenDoor open_door_;
};

}  // namespace chartline::server
