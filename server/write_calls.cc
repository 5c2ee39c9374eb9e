#include "server/write_calls.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "formats/wire/copied.h"
#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"
#include "server/acts.h"
#include "server/committer.h"
#include "server/records_reader.h"
#include "server/signing.h"

namespace chartline::server {
namespace {

// About what the answer takes: where nothing is said, the library clears 8 KiB for each.
capnp::MessageSize size_of(const engine::Written& written) {
  return {16 + 2 * written.outcomes.size() + written.position.size(), 0};
}

void write(const engine::Written& written, wire::Written::Builder into) {
  auto outcomes = into.initOutcomes(static_cast<unsigned>(written.outcomes.size()));
  for (unsigned i = 0; i < outcomes.size(); ++i) {
    const engine::Outcome& outcome = written.outcomes[i];
    outcomes[i].setWhat(static_cast<std::uint8_t>(outcome.what));
    if (outcome.what != engine::Outcome::What::rejected) continue;
    outcomes[i].setFault(static_cast<std::uint8_t>(outcome.fault));
    outcomes[i].setReason(outcome.reason);
  }
  auto position = into.initPosition(static_cast<unsigned>(written.position.size()));
  for (unsigned i = 0; i < position.size(); ++i) position.set(i, written.position[i]);
  into.setRepeated(written.repeated);
  into.setClashes(written.clashes);
}

// A commit, as a worker makes it out.
class HeldCommit final : public HeldWrite {
 public:
  HeldCommit(HolderPtr holder, std::vector<wire::Message> batches, std::string batch_id, bool all_or_nothing)
      : holder_(std::move(holder)),
        batches_(std::move(batches)),
        batch_id_(std::move(batch_id)),
        all_or_nothing_(all_or_nothing) {}

  Result<engine::WriteRequest> request() override {
    // Ids of batches are each user's own: nobody is answered about, or hindered by, those of others.
    if (holder_->grant && !batch_id_.empty())
      batch_id_ = "by " + hex(hash128(holder_->grant->organisation + '\0' + holder_->user + '\0' + batch_id_));
    for (const wire::Message& batch : batches_)
      TRY(read_records(batch->getRoot<wire::Records>().asReader(), room_, events_, records_));
    if (holder_->grant) TRY(sign(records_, holder_->view(), room_));
    engine::WriteRequest request{.records = records_};
    request.options.batch_id = batch_id_;
    request.options.all_or_nothing = all_or_nothing_;
    request.options.audit = holder_->entry(engine::Act::write);
    return request;
  }

 private:
  HolderPtr holder_;
  std::vector<wire::Message> batches_;
  std::string batch_id_;
  bool all_or_nothing_;
  record::Arena room_;
  std::vector<std::vector<record::Event>> events_;
  std::vector<record::Record> records_;
};

class IngestServer final : public wire::Ingest::Server {
 public:
  explicit IngestServer(HolderPtr holder)
      : holder_(std::move(holder)), object_(value_or_throw(holder_->hold_object())) {}

  kj::Promise<void> add(AddContext context) override {
    return as_act(holder_, engine::Act::write, [&] { return take(context); });
  }
  kj::Promise<void> commit(CommitContext context) override {
    return as_act(holder_, engine::Act::write, [&] { return write_all(context); });
  }

 private:
  kj::Promise<void> take(AddContext context) {
    value_or_throw(hold(context.getParams().getBatch()));
    return kj::READY_NOW;
  }

  Result<void> hold(wire::Records::Reader batch) {
    const std::uint64_t words = batch.totalSize().wordCount;
    const std::size_t bytes = words * sizeof(capnp::word);
    if (bytes > holder_->services.limits.ingest_bytes - std::min(bytes_, holder_->services.limits.ingest_bytes))
      return busy("an ingest holds at most " + std::to_string(holder_->services.limits.ingest_bytes >> 20) +
                  " MiB until it is committed: commit sooner");
    batches_.push_back(wire::copied(batch, words));
    bytes_ += bytes;
    return {};
  }

  kj::Promise<void> write_all(CommitContext context) {
    auto params = context.getParams();
    const Result<void> held = params.hasLast() ? hold(params.getLast()) : Result<void>();
    std::vector<wire::Message> all = std::exchange(batches_, {});
    const std::size_t bytes = std::exchange(bytes_, 0);
    value_or_throw(held);
    auto commit = std::make_unique<HeldCommit>(holder_, std::move(all), std::string(wire::view(params.getBatchId())),
                                               params.getAllOrNothing());
    context.releaseParams();
    return holder_->services.committer.write(std::move(commit), bytes).then([context](engine::Written written) mutable {
      write(written, context.getResults(size_of(written)).initWritten());
    });
  }

  HolderPtr holder_;
  HeldObject object_;
  std::vector<wire::Message> batches_;
  std::size_t bytes_ = 0;
};

}  // namespace

wire::Ingest::Client make_ingest(HolderPtr holder) { return kj::heap<IngestServer>(std::move(holder)); }

kj::Promise<void> link(HolderPtr holder, LinkCall context) {
  const auto params = context.getParams();
  auto words = std::make_shared<record::Arena>();
  const auto copy = [&](wire::Identifier::Reader from) {
    return record::Identifier{.system = words->text(wire::view(from.getSystem())),
                              .value = words->text(wire::view(from.getValue()))};
  };
  auto work = [holder, words, a = copy(params.getA()), b = copy(params.getB()),
               together = params.getTogether()]() -> Result<void> {
    engine::Store& store = holder->services.store;
    const engine::AuditEntry entry = holder->entry(together ? engine::Act::link : engine::Act::unlink);
    return together ? store.link(a, b, &entry) : store.unlink(a, b, &entry);
  };
  return holder->services.workers.run(Lane::write, std::move(work));
}

}  // namespace chartline::server
