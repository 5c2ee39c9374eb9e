// Every call of a session with every role and purpose: what the policy does not give is denied, and nothing that anybody gets,
// error texts included, tells of the one patient whom nobody may see.
#include <capnp/pretty-print.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <regex>
#include <set>

#include "engine/audit/trail.h"
#include "engine/trust/role_table.h"
#include "formats/wire/chartline.capnp.h"
#include "formats/wire/events_writer.h"
#include "query/saved_cohorts.h"
#include "tests/server/by_policy.h"
#include "tests/server/served_store.h"

namespace chartline::server {
namespace {

using engine::Purpose;
using engine::Right;
using engine::Role;

constexpr const char* roles = R"(
[roles.clinician]
purposes = ["direct_care"]
relationships = ["seen here"]
[roles.patient]
purposes = ["patient_access"]
contribute = true
[roles.planner]
purposes = ["planning"]
disclosure = "nhs-hes"
[roles.source_system]
purposes = ["direct_care"]
[roles.auditor]
purposes = ["operation"]
[roles.operator]
purposes = ["operation"]
)";

// Sinks that keep everything they are given as text.
template <typename Params>
kj::Promise<void> keep(std::string& seen, Params params) {
  seen += capnp::prettyPrint(params).flatten().cStr();
  return kj::READY_NOW;
}

class EventSink final : public wire::EventSink::Server {
 public:
  explicit EventSink(std::string& seen) : seen_(seen) {}
  kj::Promise<void> page(PageContext context) override { return keep(seen_, context.getParams()); }

 private:
  std::string& seen_;
};

class RowSink final : public wire::ResultSink::Server {
 public:
  explicit RowSink(std::string& seen) : seen_(seen) {}
  kj::Promise<void> begin(BeginContext context) override { return keep(seen_, context.getParams()); }
  kj::Promise<void> rows(RowsContext context) override { return keep(seen_, context.getParams()); }
  kj::Promise<void> end(EndContext) override { return kj::READY_NOW; }

 private:
  std::string& seen_;
};

// One call: what it takes, and the whole of its answer as text.
struct Call {
  const char* name;
  engine::Rights needs;  // one of these; 0: anyone who is in
  std::function<kj::Promise<std::string>(wire::Session::Client&)> make;
};

template <typename Request>
kj::Promise<std::string> shown(Request request) {
  return request.send().then([](auto answer) { return std::string(capnp::prettyPrint(answer).flatten().cStr()); });
}

kj::Promise<std::string> timeline_of(wire::Session::Client& session, const char* patient, wire::Fields fields) {
  auto request = session.timelineRequest();
  request.setPatient(patient);
  request.setFields(fields);
  request.setWantPerson(fields == wire::Fields::WHOLE);
  return shown(kj::mv(request));
}

kj::Promise<std::string> asked(wire::Session::Client& session, const char* text) {
  auto seen = std::make_shared<std::string>();
  auto prepare = session.prepareRequest();
  prepare.setText(text);
  return prepare.send().then([seen](auto prepared) -> kj::Promise<std::string> {
    *seen += capnp::prettyPrint(prepared.getComplaints()).flatten().cStr();
    if (!prepared.hasQuery()) return *seen;
    auto run = prepared.getQuery().runRequest();
    run.setSink(kj::heap<RowSink>(*seen));
    auto done = run.send().getRun().doneRequest().send();
    return done.then([seen](auto&&) { return *seen; });
  });
}

kj::Promise<std::string> written(wire::Session::Client& session, const char* organisation, const char* patient) {
  auto ingest = session.ingestRequest().send().getIngest();
  auto add = ingest.addRequest();
  auto batch = add.initBatch();
  auto record = batch.initRecords(1)[0];
  record.setEvents(1);
  auto identifier = record.initIdentifiers(1)[0];
  identifier.setSystem("test");
  identifier.setValue(patient);
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"local", "pain", ""};
  event.start = record::day_time(20'000);
  event.source = {organisation, ""};
  wire::EventsWriter writer;
  writer.add(event, wire::WithDetails::yes);
  writer.write(batch.initEvents());
  auto added = add.send();
  return shown(ingest.commitRequest()).attach(kj::mv(added));
}

std::vector<Call> calls() {
  const auto of = [](auto make) { return [make](wire::Session::Client& session) { return shown(make(session)); }; };
  const engine::Rights ask = engine::mask(Right::figures) | engine::mask(Right::rows) | engine::mask(Right::operate);
  return {
      {"about", 0, of([](auto& s) { return s.aboutRequest(); })},
      {"timeline", engine::mask(Right::rows), [](auto& s) { return timeline_of(s, "test|ann", wire::Fields::WHOLE); }},
      {"timeline, hot", engine::mask(Right::rows), [](auto& s) { return timeline_of(s, "test|ann", wire::Fields::HOT); }},
      {"timelines", engine::mask(Right::rows),
       [](auto& s) {
         auto seen = std::make_shared<std::string>();
         auto request = s.timelinesRequest();
         auto patients = request.initPatients(2);
         patients.set(0, "test|ann");
         patients.set(1, "test|ann");
         request.setSink(kj::heap<EventSink>(*seen));
         return request.send().then([seen](auto&&) { return *seen; });
       }},
      {"events", engine::mask(Right::rows),
       [](auto& s) {
         auto seen = std::make_shared<std::string>();
         auto request = s.eventsRequest();
         request.setSink(kj::heap<EventSink>(*seen));
         return request.send().then([seen](auto&&) { return *seen; });
       }},
      {"count", engine::mask(Right::figures), [](auto& s) { return asked(s, "count exists observation[*]"); }},
      {"tally", engine::mask(Right::figures), [](auto& s) { return asked(s, "tally any[*] by kind"); }},
      {"list", engine::mask(Right::rows), [](auto& s) { return asked(s, "list exists observation[*]"); }},
      {"explain", ask, [](auto& s) { return asked(s, "explain count exists observation[local:can*]"); }},
      {"write own", engine::mask(Right::write_own_organisation), [](auto& s) { return written(s, "RYJ", "new"); }},
      {"contribute", engine::mask(Right::contribute), [](auto& s) { return written(s, "", "ann"); }},
      {"link", engine::mask(Right::operate),
       [](auto& s) {
         auto request = s.linkRequest();
         request.initA().setValue("ann");
         request.initB().setValue("nobody");
         return shown(kj::mv(request));
       }},
      {"feed", engine::mask(Right::rows), [](auto& s) { return shown(s.feedRequest().send().getFeed().nextRequest()); }},
      {"cohorts", ask, of([](auto& s) { return s.cohortsRequest(); })},
      {"save cohort", engine::mask(Right::operate),
       [](auto& s) {
         auto request = s.saveCohortRequest();
         request.setName("c");
         request.setText("cohort c = true");
         return shown(kj::mv(request));
       }},
      {"remove cohort", engine::mask(Right::operate),
       [](auto& s) {
         auto request = s.cohortRequest();
         request.setName("kept");
         return shown(request.send().getCohort().removeRequest());
       }},
      {"stats", engine::mask(Right::operate), of([](auto& s) { return s.statsRequest(); })},
      {"hash", engine::mask(Right::operate), of([](auto& s) { return s.hashRequest(); })},
      {"figures", engine::mask(Right::operate), of([](auto& s) { return s.figuresRequest(); })},
      {"check", engine::mask(Right::operate), of([](auto& s) { return s.checkRequest(); })},
      {"backup", engine::mask(Right::operate), of([](auto& s) { return s.backupRequest(); })},
      {"position", engine::mask(Right::rows), of([](auto& s) { return s.positionRequest(); })},
      {"identifiers", engine::mask(Right::rows),
       [](auto& s) {
         auto request = s.identifiersRequest();
         request.setPatient("test|ann");
         return shown(kj::mv(request));
       }},
      {"code systems", engine::mask(Right::rows),
       [](auto& s) {
         auto request = s.codeSystemsRequest();
         request.setCode("canary*");
         return request.send().then([](auto answer) {
           // A code of somebody who is not seen is of no system.
           return std::string(answer.getSystems().size() == 0 ? "none" : "canary");
         });
       }},
      {"audit entries", engine::mask(Right::read_audit), of([](auto& s) { return s.auditEntriesRequest(); })},
  };
}

class Matrix : public ::testing::Test {
 protected:
  Matrix() : door_(policy_of(roles)), served_({}, door_) {
    door_.look_at(*served_.store);
    served_.observe("ann", "pain", 3);
    EXPECT_TRUE(query::save_cohort(*served_.store, "kept", "cohort kept = true", {}));
    served_.observe("canary-zed", "canary-illness", 3, "OTHER");
  }

  ByPolicy door_;
  ServedStore served_;
};

TEST_F(Matrix, GivesWhatThePolicyGivesAndNothingElse) {
  const std::map<Role, Purpose> granted = {
      {Role::clinician, Purpose::direct_care}, {Role::patient, Purpose::patient_access},
      {Role::planner, Purpose::planning},      {Role::source_system, Purpose::direct_care},
      {Role::auditor, Purpose::operation},     {Role::operator_, Purpose::operation}};
  int tried = 0, let_in = 0;
  for (int r = 0; r < engine::role_count; ++r) {
    for (int p = 0; p < engine::purpose_count; ++p) {
      const Role role = static_cast<Role>(r);
      const Purpose purpose = static_cast<Purpose>(p);
      SCOPED_TRACE(std::string(name(role)) + " for " + std::string(name(purpose)));
      const auto grant = granted.find(role);
      const bool may_enter = grant != granted.end() && grant->second == purpose;
      for (const Call& call : calls()) {
        SCOPED_TRACE(call.name);
        capnp::EzRpcClient client(served_.address());
        auto session = log_in(client, "user", std::string(name(role)), std::string(name(purpose)));
        const auto [fault, text] = outcome(client.getWaitScope(), [&] { return call.make(session); });
        ++tried;
        EXPECT_EQ(text.find("canary"), std::string::npos) << text;
        EXPECT_EQ(text.find("OTHER"), std::string::npos) << text;
        if (!may_enter) {
          EXPECT_EQ(fault, "denied") << text;
          continue;
        }
        ++let_in;
        const engine::Rights rights = engine::most_of(role).rights;
        // A planner is told no plans: they would tell what single records hold.
        const bool is_plan_for_planner = role == Role::planner && std::string_view(call.name) == "explain";
        const bool may = !is_plan_for_planner && (call.needs == 0 || (rights & call.needs) != 0);
        if (!may) {
          EXPECT_EQ(fault, "denied") << text;
        }
        // What may be done is done, or fails for a reason of its own: the others named do not exist, nor does a folder of backups.
        const std::string_view called = call.name;
        if (may && called != "link") {
          EXPECT_EQ(fault, called == "backup" ? "unsupported" : "done") << text;
        }
      }
    }
  }
  EXPECT_EQ(tried, engine::role_count * engine::purpose_count * static_cast<int>(calls().size()));
  EXPECT_GT(let_in, 100);
}

TEST_F(Matrix, AGuessedPatientIsAsUnknownAsNobody) {
  capnp::EzRpcClient client(served_.address());
  auto session = log_in(client, "alice", "clinician", "direct_care");
  auto& scope = client.getWaitScope();
  for (const wire::Fields fields : {wire::Fields::WHOLE, wire::Fields::HOT}) {
    const auto guessed = outcome(scope, [&] { return timeline_of(session, "test|canary-zed", fields); });
    const auto nobody = outcome(scope, [&] { return timeline_of(session, "test|nobody", fields); });
    EXPECT_EQ(guessed, nobody);
    EXPECT_EQ(guessed.first, "not_found");
  }
}

// When each event was recorded would tell by how many days the dates of its patient are shifted.
TEST(DeidentifiedSession, HasNoTimelineAsOfAnInstant) {
  ByPolicy door(
      policy_of("[roles.researcher]\npurposes = [\"research\"]\ndisclosure = \"nhs-hes\"\n"
                "[projects.pain]\nmembers = [\"rosa\"]\n"));
  ServedStore served({}, door);
  door.look_at(*served.store);
  served.observe("ann", "pain", 3);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = log_in(client, "rosa", "researcher", "research", "pain");
  const std::string listed = outcome(scope, [&] { return asked(session, "list true"); }).second;
  const auto pseudonym = std::regex("[0-9a-f]{32}");
  std::smatch name;
  ASSERT_TRUE(std::regex_search(listed, name, pseudonym)) << listed;
  const auto one = [&](std::int64_t as_of) {
    return outcome(scope,
                   [&] {
                     auto request = session.timelineRequest();
                     request.setPatient(name.str());
                     request.setAsOf(as_of);
                     return shown(kj::mv(request));
                   })
        .first;
  };
  const auto many = [&](std::int64_t as_of) {
    return outcome(scope,
                   [&] {
                     auto seen = std::make_shared<std::string>();
                     auto request = session.timelinesRequest();
                     request.initPatients(1).set(0, name.str());
                     request.setAsOf(as_of);
                     request.setSink(kj::heap<EventSink>(*seen));
                     return request.send().then([seen](auto&&) { return *seen; });
                   })
        .first;
  };
  EXPECT_EQ(one(INT64_MAX), "done");
  EXPECT_EQ(many(INT64_MAX), "done");
  EXPECT_EQ(one(INT64_MAX - 1), "denied");
  EXPECT_EQ(many(INT64_MAX - 1), "denied");
}

// Denied acts are in the audit, by whom and as what.
TEST_F(Matrix, WhatWasDeniedIsInTheAudit) {
  capnp::EzRpcClient client(served_.address());
  auto session = log_in(client, "oscar", "operator", "operation");
  EXPECT_EQ(outcome(client.getWaitScope(), [&] { return timeline_of(session, "test|ann", wire::Fields::HOT); }).first,
            "denied");
  std::vector<std::string> lines;
  const auto read = engine::read_audit(*served_.store, {}, [&](const engine::AuditRecord& record) -> Result<void> {
    if (record.entry.who == "oscar")
      lines.push_back(std::string(name(record.entry.act)) + " " + std::string(name(record.entry.outcome)));
    return {};
  });
  ASSERT_TRUE(read);
  EXPECT_EQ(lines, (std::vector<std::string>{"login done", "read-timeline denied"}));
}

}  // namespace
}  // namespace chartline::server
