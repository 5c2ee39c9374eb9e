// What a session does is in the audit, and what it could not do: feeds, pages, streams, runs, and reads that name no patient.
#include <gtest/gtest.h>
#include <kj/async-io.h>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include "engine/audit/trail.h"
#include "engine/maintenance.h"
#include "formats/wire/events_writer.h"
#include "query/saved_cohorts.h"
#include "tests/server/by_policy.h"
#include "tests/server/served_store.h"

namespace chartline::server {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* roles = R"(
[roles.clinician]
purposes = ["direct_care"]
relationships = ["seen here"]
[roles.operator]
purposes = ["operation"]
[roles.source_system]
purposes = ["direct_care"]
)";

class NoEvents final : public wire::EventSink::Server {
 public:
  kj::Promise<void> page(PageContext) override { return kj::READY_NOW; }
};

template <typename Request>
kj::Promise<std::string> told(Request request) {
  return request.send().then([](auto&&...) { return std::string(); });
}

class Audited : public ::testing::Test {
 protected:
  explicit Audited(ServerOptions options = {}) : door_(policy_of(roles)), served_(std::move(options), door_) {
    door_.look_at(*served_.store);
    served_.observe("ann", "pain", 6);
  }

  // What the audit says of a user: "ACT OUTCOME ROWS TEXT" of each act but the login.
  Lines lines_of(const std::string& user) {
    Lines lines;
    const auto read = engine::read_audit(*served_.store, {}, [&](const engine::AuditRecord& record) -> Result<void> {
      const engine::AuditEntry& entry = record.entry;
      if (entry.who != user || entry.act == engine::Act::login) return {};
      std::string line = std::string(name(entry.act)) + " " + std::string(name(entry.outcome));
      if (entry.fault) line += " " + std::string(name(*entry.fault));
      if (entry.rows > 0) line += " " + std::to_string(entry.rows);
      if (!entry.text.empty()) line += ": " + entry.text;
      lines.push_back(line);
      return {};
    });
    EXPECT_TRUE(read);
    return lines;
  }

  using Calls = std::vector<std::function<kj::Promise<std::string>(wire::Session::Client&)>>;
  // Made one after another; what the audit then says, and the faults.
  Lines of(const std::string& role, const Calls& calls, Lines* faults = nullptr) {
    capnp::EzRpcClient client(served_.address());
    auto session = log_in(client, "user", role, role == "operator" ? "operation" : "direct_care");
    for (const auto& call : calls) {
      const auto [fault, text] = outcome(client.getWaitScope(), [&] { return call(session); });
      if (faults) faults->push_back(fault);
      if (!faults) {
        EXPECT_EQ(fault, "done") << text;
      }
    }
    return lines_of("user");
  }

  ByPolicy door_;
  ServedStore served_;
};

TEST_F(Audited, ReadsThatNameNoPatient) {
  EXPECT_TRUE(query::save_cohort(*served_.store, "kept", "cohort kept = true", {}));
  EXPECT_EQ(
      of("operator", {[](auto& s) { return told(s.statsRequest()); }, [](auto& s) { return told(s.hashRequest()); },
                      [](auto& s) {
                        auto request = s.checkRequest();
                        request.setDeep(true);
                        return told(kj::mv(request));
                      },
                      [](auto& s) { return told(s.figuresRequest()); }, [](auto& s) { return told(s.cohortsRequest()); },
                      [](auto& s) {
                        auto request = s.cohortRequest();
                        request.setName("kept");
                        return told(kj::mv(request));
                      },
                      [](auto& s) { return told(s.codeListsRequest().send().getLists().allRequest()); },
                      [](auto& s) { return told(s.codeListsRequest().send().getLists().terminologyRequest()); }}),
      (Lines{"query done: stats", "query done: hash", "query done: check --deep", "query done: figures",
             "query done: cohorts", "query done: cohort kept", "query done: code lists", "query done: terminology"}));
}

TEST_F(Audited, ReadsThatNameNoPatientAndAreDeniedOrFail) {
  Lines faults;
  const auto list_of = [](auto& s) {
    auto request = s.codeListsRequest().send().getLists().entriesRequest();
    request.setName("none");
    return told(kj::mv(request));
  };
  const auto cohort = [](auto& s) {
    auto request = s.cohortRequest();
    request.setName("none");
    return told(kj::mv(request));
  };
  const auto keep = [](auto& s) {
    auto request = s.codeListsRequest().send().getLists().keepRequest();
    request.setName("mine");
    return told(kj::mv(request));
  };
  EXPECT_EQ(of("clinician", {[](auto& s) { return told(s.statsRequest()); }, list_of, cohort, keep}, &faults),
            (Lines{"query denied denied: stats", "query failed not_found: code list none",
                   "query failed not_found: cohort none", "set-value denied denied"}));
  EXPECT_EQ(faults, (Lines{"denied", "not_found", "not_found", "denied"}));
}

// A pointer to a struct in the place of what was asked.
TEST_F(Audited, CallsOfMalformedMessages) {
  Lines faults;
  const auto malformed = [](auto request) {
    capnp::AnyStruct::Builder(typename decltype(request)::Builder(request)).getPointerSection()[0].initAsAnyStruct(1, 0);
    return told(kj::mv(request));
  };
  const Calls calls = {[&](auto& s) { return malformed(s.timelineRequest()); },
                       [&](auto& s) { return malformed(s.identifiersRequest()); },
                       [&](auto& s) { return malformed(s.cohortRequest()); },
                       [&](auto& s) { return malformed(s.codeListsRequest().send().getLists().entriesRequest()); }};
  EXPECT_EQ(of("clinician", calls, &faults),
            (Lines{"read-timeline failed unavailable", "find-patient failed unavailable", "query failed unavailable",
                   "query failed unavailable"}));
  EXPECT_EQ(faults, Lines(4, "unavailable"));
}

TEST_F(Audited, PagesStreamsAndFeedsThatFail) {
  Lines faults;
  const auto no_cursor = [](auto& s) {
    auto request = s.resumeTimelineRequest();
    request.setCursor("made up");
    return told(kj::mv(request));
  };
  const auto position = [](auto& s) {
    auto request = s.feedRequest();
    request.initSince(7);
    return told(kj::mv(request));
  };
  const auto too_many = [](auto& s) {
    auto request = s.timelinesRequest();
    request.initPatients(100'001);
    request.setSink(kj::heap<NoEvents>());
    return told(kj::mv(request));
  };
  EXPECT_EQ(of("clinician", {no_cursor, position, too_many}, &faults),
            (Lines{"read-timeline failed not_found", "read-feed failed invalid_request",
                   "read-timeline failed invalid_request"}));
  EXPECT_EQ(faults, (Lines{"not_found", "invalid_request", "invalid_request"}));
}

TEST_F(Audited, APageThatIsAskedForTwiceAtOnce) {
  const auto two_at_once = [](auto& s) {
    auto request = s.timelineRequest();
    request.setPatient("test|ann");
    request.setLimit(2);
    auto more = request.send().getMore();
    auto first = told(more.nextRequest());
    auto second = told(more.nextRequest());
    return first.then([second = kj::mv(second)](auto&&) mutable { return kj::mv(second); });
  };
  // Whether the second comes while the first is being read is luck, nearly always good: until it does.
  for (int turn = 0; turn < 100; ++turn) {
    const auto before = static_cast<std::ptrdiff_t>(lines_of("user").size());
    Lines faults;
    const Lines all = of("clinician", {two_at_once}, &faults);
    const std::multiset<std::string> lines(all.begin() + before, all.end());
    if (faults == Lines{"done"}) {
      EXPECT_EQ(lines, (std::multiset<std::string>{"read-timeline done 2", "read-timeline done 4"}));
      continue;
    }
    EXPECT_EQ(faults, Lines{"conflict"});
    EXPECT_EQ(lines, (std::multiset<std::string>{"read-timeline done 2", "read-timeline done 4",
                                                 "read-timeline failed conflict"}));
    return;
  }
  FAIL() << "the second never came at once";
}

// An erasure takes longer than anybody waits: what is not in the audit is not given, and whoever asks again has not lost it.
TEST(AuditedStandstill, APageThatCannotBeEnteredComesAgain) {
  ByPolicy door(policy_of(roles));
  ServerOptions options;
  options.limits.cursors_of_user = 1;
  ServedStore served(std::move(options), door, 1, 50);
  door.look_at(*served.store);
  served.observe("ann", "pain", 6);
  served.observe("zed", "pain", 1);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = log_in(client, "user", "clinician", "direct_care");
  auto request = session.timelineRequest();
  request.setPatient("test|ann");
  request.setLimit(2);
  auto first = request.send().wait(scope);
  auto more = first.getMore();
  auto resume = session.resumeTimelineRequest();
  resume.setCursor(first.getCursor());
  auto feed = session.feedRequest().send().wait(scope).getFeed();
  const auto page = [&] {
    return outcome(scope, [&] {
      return more.nextRequest().send().then([](auto next) { return std::to_string(next.getEvents().getCount()); });
    });
  };
  const auto changes = [&] {
    return outcome(scope, [&] {
      return feed.nextRequest().send().then([](auto next) {
        int told = 0;
        for (const auto change : next.getChanges()) told += change.getWhat() == 0;
        return std::to_string(told);
      });
    });
  };
  std::promise<void> stands, goes_on;
  std::thread erasing([&] {
    bool told = false;
    EXPECT_TRUE(engine::erase(*served.store, {"test", "zed"}, [&](std::uint64_t, std::uint64_t) {
      if (!std::exchange(told, true)) stands.set_value(), goes_on.get_future().wait();
      return true;
    }));
  });
  stands.get_future().wait();
  const auto page_meanwhile = page(), changes_meanwhile = changes();
  goes_on.set_value();
  erasing.join();
  EXPECT_EQ(page_meanwhile.first, "busy");
  EXPECT_EQ(changes_meanwhile.first, "busy");
  EXPECT_EQ(outcome(scope, [&] { return told(kj::mv(resume)); }).first, "done")
      << "the one cursor is that of the first";
  EXPECT_EQ(page(), std::pair(std::string("done"), std::string("4")));
  EXPECT_EQ(changes(), std::pair(std::string("done"), std::string("6")));
}

TEST_F(Audited, WritesAndImportsThatFail) {
  Lines faults;
  // A record of another organisation.
  const auto others = [](auto& s) {
    auto ingest = s.ingestRequest().send().getIngest();
    auto add = ingest.addRequest();
    auto batch = add.initBatch();
    auto head = batch.initRecords(1)[0];
    head.setEvents(1);
    head.initIdentifiers(1)[0].setValue("ann");
    record::Event event;
    event.kind = record::Kind::observation;
    event.source = {"OTHER", ""};
    wire::EventsWriter writer;
    writer.add(event, wire::WithDetails::yes);
    writer.write(batch.initEvents());
    auto added = add.send();
    return told(ingest.commitRequest()).attach(kj::mv(added));
  };
  const auto terms = [](auto& s) {
    auto import = s.importRequest().send().getImport();
    return told(import.termsRequest());
  };
  const auto twice = [](auto& s) {
    auto import = s.importRequest().send().getImport();
    auto first = told(import.finishRequest());
    return first.then([import](auto&&) mutable { return told(import.finishRequest()); });
  };
  const Lines lines = of("source_system", {others, terms, twice}, &faults);
  EXPECT_EQ(faults, (Lines{"denied", "denied", "conflict"}));
  EXPECT_EQ(std::ranges::count(lines, "write denied denied"), 1);
  EXPECT_EQ(std::ranges::count(lines, "import denied denied"), 1);
  EXPECT_EQ(std::ranges::count(lines, "import failed conflict"), 1);
}

class NoRows final : public wire::ResultSink::Server {
 public:
  kj::Promise<void> begin(BeginContext) override { return kj::READY_NOW; }
  kj::Promise<void> rows(RowsContext) override { return kj::READY_NOW; }
  kj::Promise<void> end(EndContext) override { return kj::READY_NOW; }
};

// Whose rows were given: nobody's where there are figures alone, everyone's of a list, one person's of `why`. What came of a run says
// it as its beginning does.
TEST_F(Audited, ARunSaysWhomItIsAbout) {
  const auto asked = [](const char* text) {
    return [text](wire::Session::Client& s) {
      auto prepare = s.prepareRequest();
      prepare.setText(text);
      auto run = prepare.send().getQuery().runRequest();
      run.setSink(kj::heap<NoRows>());
      return told(run.send().getRun().doneRequest());
    };
  };
  (void)of("clinician", {asked("count true"), asked("as of 2500-01-01 count true; list true"),
                         asked("cohort c = true; why 'test|ann' in c"), asked("explain list true")});
  const auto ann = served_.store->view().find("test|ann").value().value();
  Lines lines;
  EXPECT_TRUE(engine::read_audit(*served_.store, {}, [&](const engine::AuditRecord& record) -> Result<void> {
    const engine::AuditEntry& entry = record.entry;
    if (entry.act != engine::Act::query) return {};
    std::string line(name(entry.outcome));
    if (entry.everyone) line += " everyone";
    if (entry.patients == std::vector{ann}) line += " ann";
    lines.push_back(line);
    return {};
  }));
  EXPECT_EQ(lines,
            (Lines{"begun", "done", "begun everyone", "done everyone", "begun ann", "done ann", "begun", "done"}));
}

TEST_F(Audited, ARunThatIsDenied) {
  Lines faults;
  const auto asked = [](auto& s) {
    auto prepare = s.prepareRequest();
    prepare.setText("count true");
    return told(kj::mv(prepare));
  };
  EXPECT_EQ(of("source_system", {asked}, &faults), Lines{"query denied denied: count true"});
  EXPECT_EQ(faults, Lines{"denied"});
}

}  // namespace
}  // namespace chartline::server
