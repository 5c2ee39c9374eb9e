// The wire itself, spoken without the client library.
#include <capnp/ez-rpc.h>
#include <gtest/gtest.h>
#include <kj/async-io.h>

#include "formats/wire/chartline.capnp.h"
#include "formats/wire/events_reader.h"
#include "formats/wire/failure.h"
#include "tests/server/served_store.h"

namespace chartline::server {
namespace {

class Wire : public ::testing::Test {
 protected:
  wire::Session::Client log_in(capnp::EzRpcClient& client) {
    auto door = client.getMain<wire::Door>();
    auto request = door.loginRequest();
    request.initCredential().setNone();
    return request.send().getSession();
  }
};

class CountingSink final : public wire::ResultSink::Server {
 public:
  explicit CountingSink(std::vector<std::string>& seen) : seen_(seen) {}
  kj::Promise<void> begin(BeginContext context) override {
    seen_.push_back("begin " + std::string(context.getParams().getSchema().getStatement().cStr()));
    return kj::READY_NOW;
  }
  kj::Promise<void> rows(RowsContext context) override {
    for (const auto cells : context.getParams().getBatch().getColumns())
      for (const std::int64_t number : cells.getIntegers()) seen_.push_back(std::to_string(number));
    return kj::READY_NOW;
  }
  kj::Promise<void> end(EndContext) override {
    seen_.push_back("end");
    return kj::READY_NOW;
  }

 private:
  std::vector<std::string>& seen_;
};

TEST_F(Wire, ATimelineComesInPagesOfOneMoment) {
  ServedStore served;
  served.observe("ann", "glucose", 5);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = log_in(client);
  auto request = session.timelineRequest();
  request.setPatient("test|ann");
  request.setLimit(2);
  request.setWantPerson(true);
  auto first = request.send().wait(scope);
  record::Arena room;
  auto events = wire::read_events(first.getEvents(), room).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].code.code, "glucose");
  EXPECT_EQ(events[1].value.unit, "mmol/L");
  EXPECT_EQ(events[1].source.organisation, "RYJ");
  EXPECT_EQ(print(events[1].start), "2020-01-02");
  EXPECT_EQ(wire::read_identifier(first.getPerson().getIdentifiers()[0]).value, "ann");

  served.observe("ann", "later", 3);  // is not in the moment that is being read
  auto more = first.getMore();
  std::vector<std::size_t> sizes;
  for (bool at_end = false; !at_end;) {
    auto page = more.nextRequest().send().wait(scope);
    sizes.push_back(page.getEvents().getCount());
    at_end = page.getCursor().size() == 0;
  }
  EXPECT_EQ(sizes, std::vector<std::size_t>{3});

  auto resume = log_in(client).resumeTimelineRequest();
  resume.setCursor(first.getCursor());
  EXPECT_EQ(resume.send().getTimeline().nextRequest().send().wait(scope).getEvents().getCount(), 3u);
}

TEST_F(Wire, AnUnknownPatientIsNotFound) {
  ServedStore served;
  capnp::EzRpcClient client(served.address());
  auto session = log_in(client);
  auto request = session.timelineRequest();
  request.setPatient("nobody");
  const auto thrown = kj::runCatchingExceptions([&] { request.send().wait(client.getWaitScope()); });
  KJ_IF_MAYBE (exception, thrown) {
    const Error error = wire::read_failure(exception->getDescription().cStr());
    EXPECT_EQ(error.fault, Fault::not_found);
    EXPECT_EQ(error.message, "no patient is seen under this identifier");
  } else {
    FAIL() << "nothing was thrown";
  }
}

TEST_F(Wire, AQueryStreamsItsRows) {
  ServedStore served;
  served.observe("ann", "glucose", 5);
  served.observe("ben", "glucose", 1);
  served.observe("cid", "weight", 1);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = log_in(client);
  auto prepare = session.prepareRequest();
  prepare.setText("count exists observation[local:glucose]\ncount true");
  auto prepared = prepare.send();
  std::vector<std::string> seen;
  auto run = prepared.getQuery().runRequest();
  run.setSink(kj::heap<CountingSink>(seen));
  run.send().getRun().doneRequest().send().wait(scope);
  EXPECT_EQ(seen, (std::vector<std::string>{"begin count", "2", "end", "begin count", "3", "end"}));
}

TEST_F(Wire, WhatIsWrongWithAQueryIsAComplaint) {
  ServedStore served;
  capnp::EzRpcClient client(served.address());
  auto session = log_in(client);
  auto prepare = session.prepareRequest();
  prepare.setText("count exits observation[local:glucose]");
  auto prepared = prepare.send().wait(client.getWaitScope());
  EXPECT_FALSE(prepared.hasQuery());
  ASSERT_GT(prepared.getComplaints().size(), 0u);
  EXPECT_EQ(prepared.getComplaints()[0].getBegin(), 12u);
}

TEST_F(Wire, ALogoutEndsEverythingReachedFromTheSession) {
  ServedStore served;
  served.observe("ann", "glucose", 5);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = log_in(client);
  auto request = session.timelineRequest();
  request.setPatient("ann");
  request.setLimit(2);
  auto more = request.send().wait(scope).getMore();
  session.logoutRequest().send().wait(scope);
  client.getIoProvider().getTimer().afterDelay(50 * kj::MILLISECONDS).wait(scope);
  const auto thrown = kj::runCatchingExceptions([&] { more.nextRequest().send().wait(scope); });
  KJ_IF_MAYBE (exception, thrown) {
    EXPECT_EQ(wire::read_failure(exception->getDescription().cStr()).message, "the session was ended");
  } else {
    FAIL() << "nothing was thrown";
  }
}

}  // namespace
}  // namespace chartline::server
