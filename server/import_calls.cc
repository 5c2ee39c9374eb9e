// Batches are taken one after another, each on a worker; the next one is answered when the one before is in, which is what makes a
// fast source wait.
#include "server/import_calls.h"

#include <optional>
#include <utility>

#include "engine/code_mapper.h"
#include "engine/import.h"
#include "engine/terminology.h"
#include "formats/wire/copied.h"
#include "formats/wire/events_reader.h"
#include "server/acts.h"
#include "server/records_reader.h"
#include "server/signing.h"

namespace chartline::server {
namespace {

constexpr std::uint64_t sorting_bytes = 256u << 20;  // beyond it rows without ids go to the disk

struct Refusal {
  std::string record;
  Error why;
};

// What the workers share, one at a time.
struct Session {
  HolderPtr holder;
  std::string source;
  std::unique_ptr<engine::Import> import{};
  std::unique_ptr<engine::TerminologyLoad> terminology{};
  std::optional<engine::CodeMapper> mapper{};
  std::vector<Refusal> refused{};
  bool finished = false;  // or failed to finish

  engine::Store& store() const { return holder->services.store; }
};

struct Finished {
  engine::ImportCounts counts;
  engine::TerminologyLoad::Counts terminology;
};

Result<std::shared_ptr<Session>> begin(HolderPtr holder, std::string source, bool maps) {
  auto session = std::make_shared<Session>(Session{.holder = std::move(holder), .source = std::move(source)});
  // Through the log: others go on reading and writing meanwhile.
  session->import = TRY(engine::Import::begin(session->store(), {.path = engine::ImportOptions::Path::log,
                                                                 .memory_bytes = sorting_bytes,
                                                                 .threads = 1,
                                                                 .audit = session->holder->entry(engine::Act::import)}));
  session->import->on_refused([&refused = session->refused](const record::Record& record, const Error& why) {
    refused.push_back({record.events.empty() ? "" : std::string(record.events.front().record), why});
  });
  if (!maps) return session;
  auto terminology = TRY(engine::TerminologyReader::open(session->store(), ""));
  if (terminology.empty()) return invalid_request("--map: no terminology is loaded yet; import it first");
  session->mapper.emplace(std::move(terminology));
  return session;
}

Result<std::vector<Refusal>> add(Session& session, wire::Records::Reader batch) {
  record::Arena room;
  std::vector<std::vector<record::Event>> events;
  std::vector<record::Record> records;
  TRY(read_records(batch, room, events, records));
  if (session.holder->grant) TRY(sign(records, session.holder->view(), room));
  for (const record::Record& record : records)
    TRY(session.import->add(session.mapper ? TRY(session.mapper->mapped(record, room)) : record));
  return std::exchange(session.refused, {});
}

Result<void> add_terms(Session& session, wire::Import::TermsParams::Reader terms) {
  if (!session.terminology) session.terminology = TRY(engine::TerminologyLoad::begin(session.store(), session.source));
  for (const auto one : terms.getConcepts()) {
    TRY(session.terminology->add(record::Concept{.code = wire::read_code(one.getCode()),
                                                 .omop_id = wire::view(one.getOmopId()),
                                                 .domain = wire::view(one.getDomain()),
                                                 .standard = one.getStandard(),
                                                 .valid_from = wire::view(one.getValidFrom()),
                                                 .valid_to = wire::view(one.getValidTo())}));
  }
  for (const auto one : terms.getLinks()) {
    if (one.getRelation() < 1 || one.getRelation() > static_cast<unsigned>(record::Relation::stands_for))
      return invalid_request("links: the column relation is not as it may be");
    TRY(session.terminology->add(record::ConceptLink{.relation = static_cast<record::Relation>(one.getRelation()),
                                                     .from = wire::read_code(one.getFrom()),
                                                     .to = wire::read_code(one.getTo()),
                                                     .distance = one.getDistance()}));
  }
  return {};
}

void write(const Finished& finished, wire::ImportCounts::Builder into) {
  into.setRecords(finished.counts.records);
  into.setEvents(finished.counts.events);
  into.setCreated(finished.counts.created);
  into.setUnchanged(finished.counts.unchanged);
  into.setSuperseded(finished.counts.superseded);
  into.setHidden(finished.counts.hidden);
  into.setRejected(finished.counts.rejected);
  into.setEqualRows(finished.counts.equal_rows);
  into.setClashes(finished.counts.clashes);
  into.setConcepts(finished.terminology.concepts);
  into.setLinks(finished.terminology.links);
}

class ImportServer final : public wire::Import::Server {
 public:
  ImportServer(std::shared_ptr<Session> session, wire::RefusalSink::Client refusals)
      : session_(std::move(session)),
        object_(value_or_throw(session_->holder->hold_object())),
        refusals_(kj::mv(refusals)) {}

  kj::Promise<void> add(AddContext context) override {
    return as_act(session_->holder, engine::Act::import, [&] { return take(context); });
  }
  kj::Promise<void> terms(TermsContext context) override {
    return as_act(session_->holder, engine::Act::import, [&] { return take_terms(context); });
  }
  kj::Promise<void> finish(FinishContext context) override {
    return as_act(session_->holder, engine::Act::import, [&] { return end(context); });
  }

 private:
  kj::Promise<void> take(AddContext context) {
    const auto batch = context.getParams().getBatch();
    return in_turn(batch.totalSize(),
                   [message = wire::copied(batch), session = session_] {
                     return server::add(*session, message->getRoot<wire::Records>().asReader());
                   })
        .then([this](std::vector<Refusal> refused) { return tell(std::move(refused)); })
        .attach(thisCap());
  }

  kj::Promise<void> take_terms(TermsContext context) {
    const auto may = session_->holder->require(engine::Right::operate);
    if (!may) return to_exception(may.error());
    const auto terms = context.getParams();
    return in_turn(terms.totalSize(), [message = wire::copied(terms), session = session_] {
      return add_terms(*session, message->getRoot<wire::Import::TermsParams>().asReader());
    });
  }

  kj::Promise<void> end(FinishContext context) {
    struct Ended {
      Finished finished;
      std::vector<Refusal> refused;
    };
    auto work = [session = session_]() -> Result<Ended> {
      session->finished = true;
      Ended ended;
      ended.finished.counts = TRY(session->import->finish());
      if (session->terminology) ended.finished.terminology = TRY(session->terminology->finish());
      ended.refused = std::exchange(session->refused, {});
      return ended;
    };
    return in_turn({}, std::move(work))
        .then([this, context](Ended all) mutable {
          write(all.finished, context.getResults().initCounts());
          return tell(std::move(all.refused));
        })
        .attach(thisCap());
  }

  // One piece of work at a time: a session is no thing for two.
  template <typename Work>
  auto in_turn(capnp::MessageSize size, Work work) -> kj::Promise<typename std::invoke_result_t<Work&>::value_type> {
    const Holder& holder = *session_->holder;
    if (busy_) return to_exception(conflict("the import takes one batch after another"));
    if (session_->finished) return to_exception(conflict("the import was finished"));
    if (size.wordCount * sizeof(capnp::word) > holder.services.limits.ingest_bytes)
      return to_exception(busy("a batch is too big"));
    busy_ = true;
    return holder.services.workers.run(Lane::write, std::move(work)).attach(kj::defer([this, self = thisCap()] {
      busy_ = false;
    }));
  }

  kj::Promise<void> tell(std::vector<Refusal> refused) {
    if (refused.empty()) return kj::READY_NOW;
    auto request = refusals_.refusedRequest();
    auto list = request.initRefusals(static_cast<unsigned>(refused.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setRecord(refused[i].record);
      list[i].setFault(static_cast<std::uint8_t>(refused[i].why.fault));
      list[i].setReason(refused[i].why.message);
    }
    return request.send().ignoreResult();
  }

  std::shared_ptr<Session> session_;
  HeldObject object_;
  wire::RefusalSink::Client refusals_;
  bool busy_ = false;
};

}  // namespace

kj::Promise<void> begin_import(HolderPtr holder, ImportCall context) {
  const auto params = context.getParams();
  auto refusals = params.getRefusals();
  auto work = [holder, source = std::string(wire::view(params.getOptions().getSource())),
               maps = params.getOptions().getMapCodes()]() mutable {
    return begin(std::move(holder), std::move(source), maps);
  };
  return holder->services.workers.run(Lane::write, std::move(work))
      .then([context, refusals = kj::mv(refusals)](std::shared_ptr<Session> session) mutable {
        context.getResults().setImport(kj::heap<ImportServer>(std::move(session), kj::mv(refusals)));
      });
}

}  // namespace chartline::server
