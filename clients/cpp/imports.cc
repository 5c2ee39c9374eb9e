#include "clients/cpp/connection.h"
#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"
#include "formats/wire/events_writer.h"

namespace chartline::client {
namespace {

// Refusals on their way from the loop to the thread that imports.
struct Refusals {
  std::mutex mutex;
  std::vector<Refusal> told;

  std::vector<Refusal> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(told, {});
  }
};

class RefusalSink final : public wire::RefusalSink::Server {
 public:
  explicit RefusalSink(std::shared_ptr<Refusals> refusals) : refusals_(std::move(refusals)) {}
  kj::Promise<void> refused(RefusedContext context) override {
    const std::lock_guard lock(refusals_->mutex);
    for (const auto one : context.getParams().getRefusals())
      refusals_->told.push_back(
          {read_text(one.getRecord()), {static_cast<Fault>(one.getFault()), read_text(one.getReason())}});
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<Refusals> refusals_;
};

void write(const record::Concept& from, wire::Concept::Builder into) {
  wire::write(from.code, into.initCode());
  wire::put_text(from.omop_id, [&](unsigned size) { return into.initOmopId(size); });
  wire::put_text(from.domain, [&](unsigned size) { return into.initDomain(size); });
  into.setStandard(from.standard);
  wire::put_text(from.valid_from, [&](unsigned size) { return into.initValidFrom(size); });
  wire::put_text(from.valid_to, [&](unsigned size) { return into.initValidTo(size); });
}

void write(const record::ConceptLink& from, wire::ConceptLink::Builder into) {
  into.setRelation(static_cast<std::uint8_t>(from.relation));
  wire::write(from.from, into.initFrom());
  wire::write(from.to, into.initTo());
  into.setDistance(from.distance);
}

}  // namespace

struct Import::State {
  Remote import;
  std::shared_ptr<Refusals> refusals;
  Refused refused{};

  void tell() {
    for (const Refusal& refusal : refusals->take())
      if (refused) refused(refusal);
  }
};

Import::Import(std::unique_ptr<State> state) : state_(std::move(state)) {}
Import::Import(Import&&) noexcept = default;
Import& Import::operator=(Import&&) noexcept = default;
Import::~Import() = default;

Result<Import> Connection::import(const ImportOptions& options) {
  auto refusals = std::make_shared<Refusals>();
  const std::uint64_t number = TRY(parts_->call([&](Loop& loop) {
    auto request = loop.session().importRequest();
    auto into = request.initOptions();
    into.setSource(options.source);
    into.setMapCodes(options.map_codes);
    request.setRefusals(kj::heap<RefusalSink>(refusals));
    return request.send().then(
        [&loop](capnp::Response<wire::Session::ImportResults> found) { return loop.keep(found.getImport()); });
  }));
  return Import(std::make_unique<Import::State>(Import::State{Remote(parts_, number), std::move(refusals)}));
}

void Import::on_refused(Refused refused) { state_->refused = std::move(refused); }

Result<void> Import::add(std::span<const record::Record> records) {
  while (!records.empty()) {
    const RecordBatch batch = TRY(next_batch(records));
    TRY(state_->import.parts().call([&](Loop& loop) {
      const auto from = batch.message->getRoot<wire::Records>().asReader();
      auto request = state_->import.as<wire::Import>(loop).addRequest(from.totalSize());
      request.setBatch(from);
      return request.send();
    }));
    state_->tell();
    records = records.subspan(batch.records);
  }
  return {};
}

Result<void> Import::add(std::span<const record::Concept> concepts, std::span<const record::ConceptLink> links) {
  return state_->import.parts().call([&](Loop& loop) {
    auto request = state_->import.as<wire::Import>(loop).termsRequest();
    auto some = request.initConcepts(static_cast<unsigned>(concepts.size()));
    for (unsigned i = 0; i < some.size(); ++i) write(concepts[i], some[i]);
    auto others = request.initLinks(static_cast<unsigned>(links.size()));
    for (unsigned i = 0; i < others.size(); ++i) write(links[i], others[i]);
    return request.send();
  });
}

Result<ImportCounts> Import::finish() {
  const auto counts = state_->import.parts().call([this](Loop& loop) {
    return state_->import.as<wire::Import>(loop).finishRequest().send().then(
        [](capnp::Response<wire::Import::FinishResults> finished) {
          const auto from = finished.getCounts();
          return ImportCounts{.records = from.getRecords(),
                              .events = from.getEvents(),
                              .created = from.getCreated(),
                              .unchanged = from.getUnchanged(),
                              .superseded = from.getSuperseded(),
                              .hidden = from.getHidden(),
                              .rejected = from.getRejected(),
                              .equal_rows = from.getEqualRows(),
                              .clashes = from.getClashes(),
                              .concepts = from.getConcepts(),
                              .links = from.getLinks()};
        });
  });
  state_->tell();
  return counts;
}

}  // namespace chartline::client
