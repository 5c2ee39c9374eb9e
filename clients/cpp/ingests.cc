// Writing: records go out as they are given, and the stream of them has flow control. The batch that came last is held back: it
// goes along with the commit.
#include <utility>

#include "clients/cpp/connection.h"
#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"
#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"

namespace chartline::client {

struct Ingest::State {
  Remote ingest;
  Message last{};  // null where there is none
};

Ingest::Ingest(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ingest::Ingest(Ingest&&) noexcept = default;
Ingest& Ingest::operator=(Ingest&&) noexcept = default;
Ingest::~Ingest() = default;

Result<Ingest> Connection::ingest() {
  const std::uint64_t number = TRY(parts_->call([](Loop& loop) {
    return loop.session().ingestRequest().send().then(
        [&loop](capnp::Response<wire::Session::IngestResults> found) { return loop.keep(found.getIngest()); });
  }));
  return Ingest(std::make_unique<Ingest::State>(Ingest::State{Remote(parts_, number)}));
}

Result<void> Ingest::add(std::span<const record::Record> records) {
  while (!records.empty()) {
    RecordBatch batch = TRY(next_batch(records));
    if (const Message before = std::exchange(state_->last, std::move(batch.message)))
      TRY(state_->ingest.parts().call([&](Loop& loop) {
        const auto from = before->getRoot<wire::Records>().asReader();
        auto request = state_->ingest.as<wire::Ingest>(loop).addRequest(from.totalSize());
        request.setBatch(from);
        return request.send();
      }));
    records = records.subspan(batch.records);
  }
  return {};
}

namespace {

Result<Written> read_written(wire::Written::Reader from) {
  Written written{.outcomes = {},
                  .position = read_position(from.getPosition()),
                  .repeated = from.getRepeated(),
                  .clashes = from.getClashes()};
  for (const auto one : from.getOutcomes()) {
    if (one.getWhat() < 1 || one.getWhat() > static_cast<unsigned>(Outcome::What::rejected))
      return invalid_request("an outcome is none");
    written.outcomes.push_back({.what = static_cast<Outcome::What>(one.getWhat()),
                                .fault = static_cast<Fault>(one.getFault()),
                                .reason = read_text(one.getReason())});
  }
  return written;
}

}  // namespace

Result<Written> Ingest::commit(const std::string& batch_id, bool all_or_nothing) {
  const Message last = std::exchange(state_->last, nullptr);
  const Message written = TRY(state_->ingest.parts().call(
      [&](Loop& loop) {
        capnp::MessageSize size{16 + batch_id.size() / sizeof(capnp::word), 0};
        if (last) size = size + last->getRoot<wire::Records>().asReader().totalSize();
        auto request = state_->ingest.as<wire::Ingest>(loop).commitRequest(size);
        if (last) request.setLast(last->getRoot<wire::Records>().asReader());
        request.setBatchId(batch_id);
        request.setAllOrNothing(all_or_nothing);
        return request.send().then(
            [](capnp::Response<wire::Ingest::CommitResults> answer) { return copied(answer.getWritten()); });
      },
      Lost::outcome_of_a_write));
  return understood([&] { return read_written(written->getRoot<wire::Written>().asReader()); });
}

}  // namespace chartline::client
