// A session stands behind a membrane: every capability that is reached through it is wrapped too, and when the membrane is
// revoked all of them fail at once, whoever holds them.
#include "server/session.h"

#include <capnp/membrane.h>

#include <utility>

#include "base/hash.h"
#include "engine/maintenance.h"
#include "formats/wire/events_reader.h"
#include "server/acts.h"
#include "server/audit_calls.h"
#include "server/code_list_calls.h"
#include "server/command_calls.h"
#include "server/feed_calls.h"
#include "server/import_calls.h"
#include "server/query_calls.h"
#include "server/sink_calls.h"
#include "server/timeline_calls.h"
#include "server/write_calls.h"

namespace chartline::server {

using engine::Act;
using engine::Right;

namespace {

class Membrane final : public capnp::MembranePolicy, public kj::Refcounted {
 public:
  // `ended` fails when the session ends without being logged out.
  explicit Membrane(kj::Promise<void> ended) : Membrane(kj::mv(ended), kj::newPromiseAndFulfiller<void>()) {}

  void end(kj::Exception&& why) { end_->reject(kj::mv(why)); }

  kj::Maybe<capnp::Capability::Client> inboundCall(std::uint64_t, std::uint16_t, capnp::Capability::Client) override {
    return nullptr;
  }
  kj::Maybe<capnp::Capability::Client> outboundCall(std::uint64_t, std::uint16_t, capnp::Capability::Client) override {
    return nullptr;
  }
  kj::Own<capnp::MembranePolicy> addRef() override { return kj::addRef(*this); }
  kj::Maybe<kj::Promise<void>> onRevoked() override { return ended_.addBranch(); }
  bool shouldResolveBeforeRedirecting() override { return false; }

 private:
  Membrane(kj::Promise<void> ended, kj::PromiseFulfillerPair<void> end)
      : end_(kj::mv(end.fulfiller)), ended_(ended.exclusiveJoin(kj::mv(end.promise)).fork()) {}

  kj::Own<kj::PromiseFulfiller<void>> end_;
  kj::ForkedPromise<void> ended_;
};

class SessionServer final : public wire::Session::Server {
 public:
  SessionServer(HolderPtr holder, HeldObject object, kj::Own<Membrane> membrane)
      : holder_(std::move(holder)), object_(std::move(object)), membrane_(kj::mv(membrane)) {}

  kj::Promise<void> about(AboutContext context) override {
    write_about(*holder_, context.getResults().initAbout());
    return kj::READY_NOW;
  }
  kj::Promise<void> timeline(TimelineContext context) override {
    return act(
        Right::rows, Act::read_timeline, [&] { return copy(context.getParams().getPatient()); },
        [&] { return server::timeline(holder_, context); });
  }
  kj::Promise<void> timelines(TimelinesContext context) override {
    return act(Right::rows, Act::read_timeline, [&] { return server::timelines(holder_, context); });
  }
  kj::Promise<void> events(EventsContext context) override {
    return act(Right::rows, Act::export_rows, [&] { return all_events(holder_, context); });
  }
  kj::Promise<void> resumeTimeline(ResumeTimelineContext context) override {
    return act(Right::rows, Act::read_timeline, [&] { return resume_timeline(holder_, context); });
  }
  kj::Promise<void> prepare(PrepareContext context) override {
    // What is prepared is entered when it is run.
    const auto refused = [&] { return may_ask() ? std::string() : copy(context.getParams().getText()); };
    return as_act(holder_, Act::query, refused,
                  [&] { return may_ask() ? server::prepare(holder_, context) : asks_nothing(); });
  }
  kj::Promise<void> ingest(IngestContext context) override {
    return as_act(holder_, Act::write, [&]() -> kj::Promise<void> {
      if (!may_write()) return writes_nothing();
      context.getResults().setIngest(make_ingest(holder_));
      return kj::READY_NOW;
    });
  }
  kj::Promise<void> link(LinkContext context) override {
    return act(Right::operate, Act::link, [&] { return server::link(holder_, context); });
  }
  kj::Promise<void> feed(FeedContext context) override {
    return act(Right::rows, Act::read_feed, [&]() -> kj::Promise<void> {
      std::vector<std::uint64_t> since;
      for (const std::uint64_t commit : context.getParams().getSince()) since.push_back(commit);
      if (!since.empty() && since.size() != holder_->view().shards())
        return to_exception(invalid_request("a position has a commit for each shard"));
      context.getResults().setFeed(make_feed(holder_, std::move(since)));
      return kj::READY_NOW;
    });
  }
  kj::Promise<void> cohorts(CohortsContext context) override {
    return as_read(holder_, says("cohorts"), [&] { return may_ask() ? list_cohorts(holder_, context) : asks_nothing(); });
  }
  kj::Promise<void> cohort(CohortContext context) override {
    const auto asked = [&] { return "cohort " + copy(context.getParams().getName()); };
    return as_read(holder_, asked, [&] { return may_ask() ? find_cohort(holder_, context) : asks_nothing(); });
  }
  kj::Promise<void> saveCohort(SaveCohortContext context) override {
    return act(Right::operate, Act::set_value, [&] { return save_cohort(holder_, context); });
  }
  kj::Promise<void> stats(StatsContext context) override {
    return read(Right::operate, says("stats"), [&] {
      auto work = [holder = holder_]() -> Result<std::string> { return engine::inspect_stats(holder->services.store); };
      return holder_->services.workers.run(Lane::read, std::move(work)).then([context](std::string text) mutable {
        context.getResults().setText(text);
      });
    });
  }
  kj::Promise<void> hash(HashContext context) override {
    const auto asked = [&] { return std::string(context.getParams().getHistory() ? "hash --history" : "hash"); };
    return read(Right::operate, asked, [&] {
      auto work = [holder = holder_, history = context.getParams().getHistory()] {
        return engine::content_hash(holder->services.store, history);
      };
      return holder_->services.workers.run(Lane::scan, std::move(work)).then([context](Hash128 hash) mutable {
        context.getResults().setHash(hex(hash));
      });
    });
  }
  kj::Promise<void> position(PositionContext context) override {
    return act(Right::rows, Act::read_feed, [&] { return server::position(holder_, context); });
  }
  kj::Promise<void> identifiers(IdentifiersContext context) override {
    return act(
        Right::rows, Act::find_patient, [&] { return copy(context.getParams().getPatient()); },
        [&] { return server::identifiers(holder_, context); });
  }
  kj::Promise<void> codeSystems(CodeSystemsContext context) override {
    return read(Right::rows, says("code systems"), [&] { return code_systems(holder_, context); });
  }
  kj::Promise<void> figures(FiguresContext context) override {
    return read(Right::operate, says("figures"), [&] { return server::figures(holder_, context); });
  }
  kj::Promise<void> check(CheckContext context) override {
    const auto asked = [&] { return std::string(context.getParams().getDeep() ? "check --deep" : "check"); };
    return read(Right::operate, asked, [&] { return check_store(holder_, context); });
  }
  kj::Promise<void> backup(BackupContext context) override {
    return act(Right::operate, Act::backup, [&] { return back_up(holder_, context); });
  }
  kj::Promise<void> codeLists(CodeListsContext context) override {
    context.getResults().setLists(make_code_lists(holder_, value_or_throw(holder_->hold_object())));
    return kj::READY_NOW;
  }
  kj::Promise<void> import(ImportContext context) override {
    return as_act(holder_, Act::import, [&] { return may_write() ? begin_import(holder_, context) : writes_nothing(); });
  }
  kj::Promise<void> auditEntries(AuditEntriesContext context) override {
    return act(Right::read_audit, Act::read_audit, [&] { return audit_entries(holder_, context); });
  }
  kj::Promise<void> auditReport(AuditReportContext context) override {
    return as_act(holder_, Act::read_audit, [&] { return audit_report(holder_, context); });
  }
  kj::Promise<void> logout(LogoutContext) override {
    return as_act(holder_, Act::logout, [&] { return holder_->enter(holder_->entry(Act::logout)); }).then([this] {
      // Once the answer to this call is on its way, which the end of the session would take back.
      Services& services = holder_->services;
      services.tasks.add(services.timer.afterDelay(kj::MILLISECONDS).then([membrane = kj::addRef(*membrane_)]() mutable {
        membrane->end(to_exception(denied("the session was ended")));
      }));
    });
  }

 private:
  bool may_write() const {
    return holder_->require(Right::write_own_organisation) || holder_->require(Right::contribute);
  }
  // Whoever may ask questions, or looks after the store.
  bool may_ask() const {
    return holder_->require(Right::figures) || holder_->require(Right::rows) || holder_->require(Right::operate);
  }
  static kj::Promise<void> writes_nothing() { return to_exception(denied("this session may not write")); }
  static kj::Promise<void> asks_nothing() { return to_exception(denied("this session may not ask questions")); }

  template <typename Call>
  kj::Promise<void> with(Right right, Call& call) {
    if (const auto may = holder_->require(right); !may) return to_exception(may.error());
    return call();
  }
  template <typename Call>
  kj::Promise<void> act(Right right, Act act, Call call) {
    return as_act(holder_, act, [&] { return with(right, call); });
  }
  // `asked` is entered where nothing is shown: whom someone looked for is then told by nothing else.
  template <typename Asked, typename Call>
  kj::Promise<void> act(Right right, Act act, Asked asked, Call call) {
    return as_act(holder_, act, asked, [&] { return with(right, call); });
  }
  static std::string copy(capnp::Text::Reader text) { return std::string(wire::view(text)); }
  template <typename Asked, typename Call>
  kj::Promise<void> read(Right right, Asked asked, Call call) {
    return as_read(holder_, asked, [&] { return with(right, call); });
  }

  HolderPtr holder_;
  HeldObject object_;
  kj::Own<Membrane> membrane_;
};

}  // namespace

wire::Session::Client make_session(HolderPtr holder, HeldObject object, kj::Promise<void> revoked) {
  Services& services = holder->services;
  const Micros left = std::max<Micros>(0, holder->until - services.clock.now());
  auto expired = services.timer.afterDelay(left * kj::MICROSECONDS).then([]() -> kj::Promise<void> {
    return to_exception(denied("the session has expired: log in again"));
  });
  auto taken_back = revoked.then([]() -> kj::Promise<void> { return to_exception(denied("the session was revoked")); });
  auto membrane = kj::refcounted<Membrane>(expired.exclusiveJoin(kj::mv(taken_back)));
  auto session = kj::heap<SessionServer>(std::move(holder), std::move(object), kj::addRef(*membrane));
  return capnp::membrane(wire::Session::Client(kj::mv(session)), kj::mv(membrane)).castAs<wire::Session>();
}

void write_about(const Holder& holder, wire::SessionAbout::Builder into) {
  const engine::View view = holder.view();
  into.setUser(holder.user);
  into.setRole(holder.role);
  into.setPurpose(holder.purpose);
  into.setProject(holder.project);
  into.setExpires(holder.until);
  into.setZone(holder.services.store.zone());
  into.setShards(view.shards());
  into.setVersion(CHARTLINE_VERSION);
  into.setBreakGlass(holder.grant && holder.grant->break_glass);
}

}  // namespace chartline::server
