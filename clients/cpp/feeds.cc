#include "clients/cpp/connection.h"
#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"
#include "formats/wire/events_reader.h"

namespace chartline::client {

struct Feed::State {
  Remote feed;
};

Feed::Feed(std::unique_ptr<State> state) : state_(std::move(state)) {}
Feed::Feed(Feed&&) noexcept = default;
Feed& Feed::operator=(Feed&&) noexcept = default;
Feed::~Feed() = default;

Result<Feed> Connection::changes(const Position& since) {
  const std::uint64_t number = TRY(parts_->call([&](Loop& loop) {
    auto request = loop.session().feedRequest();
    auto position = request.initSince(static_cast<unsigned>(since.size()));
    for (unsigned i = 0; i < position.size(); ++i) position.set(i, since[i]);
    return request.send().then(
        [&loop](capnp::Response<wire::Session::FeedResults> found) { return loop.keep(found.getFeed()); });
  }));
  return Feed(std::make_unique<Feed::State>(Feed::State{Remote(parts_, number)}));
}

namespace {

std::vector<std::uint32_t> numbers(capnp::List<std::uint32_t>::Reader from) {
  std::vector<std::uint32_t> all;
  for (const std::uint32_t number : from) all.push_back(number);
  return all;
}

Result<Changes> read_changes(const Message& message) {
  const auto from = message->getRoot<wire::Feed::NextResults>().asReader();
  Changes read;
  read.position = read_position(from.getPosition());
  read.page = TRY(read_page(copied(from.getEvents())));
  std::span<const record::Event> events(read.page.events);
  for (const auto one : from.getChanges()) {
    if (one.getWhat() > static_cast<unsigned>(Change::What::erased)) return invalid_request("a change is none");
    if (one.getAdded() > events.size()) return invalid_request("changes have more events than there are");
    read.changes.push_back({.shard = one.getShard(),
                            .commit = one.getCommit(),
                            .recorded = one.getRecorded(),
                            .what = static_cast<Change::What>(one.getWhat()),
                            .patient = own_identifier(one.getPatient()),
                            .removed = numbers(one.getRemoved()),
                            .added = events.first(one.getAdded()),
                            .identifier = own_identifier(one.getIdentifier()),
                            .other = own_identifier(one.getOther())});
    events = events.subspan(one.getAdded());
  }
  return read;
}

}  // namespace

Result<Changes> Feed::next(std::uint32_t limit, std::uint32_t wait_ms) {
  const Message message = TRY(state_->feed.parts().call([&](Loop& loop) {
    auto request = state_->feed.as<wire::Feed>(loop).nextRequest();
    request.setLimit(limit);
    request.setWaitMs(wait_ms);
    return request.send().then(
        [](capnp::Response<wire::Feed::NextResults> found) { return copied<wire::Feed::NextResults::Reader>(found); });
  }));
  return understood([&] { return read_changes(message); });
}

}  // namespace chartline::client
