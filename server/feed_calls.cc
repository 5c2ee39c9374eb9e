#include "server/feed_calls.h"

#include <capnp/message.h>
#include <kj/timer.h>

#include <algorithm>
#include <span>
#include <utility>

#include "engine/about_store.h"
#include "formats/wire/events_writer.h"
#include "server/acts.h"

namespace chartline::server {
namespace {

using Position = std::vector<std::uint64_t>;

constexpr std::uint32_t commits_max = 256;  // of each shard, at once
constexpr std::uint32_t wait_ms_max = 60'000;
constexpr auto look_again = 50 * kj::MILLISECONDS;
constexpr std::size_t page_events = 20'000;  // a commit of more is told in several pages

// What was told of a commit that is not told in whole yet: so many of its entries, and so many events of the next.
struct Unfinished {
  std::uint32_t shard = 0;
  std::uint64_t commit = 0;  // 0: there is none
  std::size_t entries = 0, events = 0;
};

struct Page {
  std::unique_ptr<capnp::MallocMessageBuilder> message;  // wire::Feed::NextResults
  Position position;
  Unfinished unfinished{};
  bool empty = true;
  bool tells_nothing = true;  // to this session
  std::vector<engine::PatientRef> patients{};
};

void write(const engine::View& view, engine::PatientRef patient, record::Arena& room, wire::Identifier::Builder into) {
  const auto identifiers = view.identifiers(patient, room);
  if (identifiers && !identifiers->empty()) wire::write(identifiers->front(), into);
}

// As many of the entries, in their order, as one page tells: behind what was told before, and up to page_events. The position moves
// over commits that are told in whole.
std::vector<engine::FeedEntry> take_page(std::span<const engine::FeedEntry> entries, Unfinished& unfinished,
                                         Position& position) {
  const Unfinished before = std::exchange(unfinished, {});
  std::vector<engine::FeedEntry> taken;
  std::size_t left = page_events, place = 0;  // of the entry within its commit
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto same_commit = [&](const engine::FeedEntry& other) {
      return other.shard == entries[i].shard && other.commit == entries[i].commit;
    };
    place = i > 0 && same_commit(entries[i - 1]) ? place + 1 : 0;
    engine::FeedEntry entry = entries[i];
    const bool begun = before.commit == entry.commit && before.shard == entry.shard;
    const bool last_of_commit = i + 1 == entries.size() || !same_commit(entries[i + 1]);
    if (begun && place < before.entries) continue;
    const std::size_t told = begun && place == before.entries ? before.events : 0;
    if (told > 0) entry.added = entry.added.subspan(told), entry.removed = {};
    if (entry.added.size() > left) {
      unfinished = {entry.shard, entry.commit, place, told + left};
      entry.added = entry.added.first(left);
      if (left > 0) taken.push_back(entry);
      return taken;
    }
    left -= entry.added.size();
    taken.push_back(entry);
    if (last_of_commit) position[entry.shard] = std::max(position[entry.shard], entry.commit);
  }
  return taken;
}

// What of the changes the session may see: of patients who are seen, the events that are shown. An erasure tells of nobody.
void leave_out_unseen(std::vector<engine::FeedEntry>& entries, const engine::View& view, record::Arena& room) {
  const engine::Grant* const grant = view.grant();
  if (!grant) return;
  std::erase_if(entries, [&](engine::FeedEntry& entry) {
    const bool two = entry.what == engine::FeedEntry::What::link || entry.what == engine::FeedEntry::What::unlink;
    if (!view.sees(entry.patient) || (two && !view.sees(entry.other))) return true;
    if (entry.what != engine::FeedEntry::What::events) return false;
    if (grant->shows_all_of(entry.patient)) return false;
    std::vector<record::Event> shown;
    for (const record::Event& event : entry.added)
      if (grant->shows(entry.patient, event)) shown.push_back(event), shown.back().sequence = 0;
    entry.added = room.array(shown);
    entry.removed = {};  // by number: of events that may not be shown
    return entry.added.empty();
  });
}

Result<Page> read_page(const Holder& holder, Position position, Unfinished unfinished, std::size_t limit) {
  const engine::View view = holder.view();
  if (view.grant() && !view.grant()->identifiable) return unsupported("the feed of a de-identified view");
  record::Arena room;
  const auto found = TRY(holder.services.store.changes(position, limit, room));
  Page page{.message = std::make_unique<capnp::MallocMessageBuilder>(),
            .position = std::move(position),
            .unfinished = unfinished,
            .empty = found.empty()};
  if (page.position.empty()) page.position = engine::position_before(found, view.position());
  auto entries = take_page(found, page.unfinished, page.position);
  leave_out_unseen(entries, view, room);
  page.tells_nothing = entries.empty();
  auto into = page.message->initRoot<wire::Feed::NextResults>();
  auto changes = into.initChanges(static_cast<unsigned>(entries.size()));
  wire::EventsWriter events;
  for (unsigned i = 0; i < entries.size(); ++i) {
    const engine::FeedEntry& entry = entries[i];
    page.patients.push_back(entry.patient);
    changes[i].setShard(entry.shard);
    changes[i].setCommit(entry.commit);
    changes[i].setRecorded(entry.recorded);
    changes[i].setWhat(static_cast<std::uint8_t>(entry.what));
    write(view, entry.patient, room, changes[i].initPatient());
    auto removed = changes[i].initRemoved(static_cast<unsigned>(entry.removed.size()));
    for (unsigned k = 0; k < removed.size(); ++k) removed.set(k, entry.removed[k]);
    changes[i].setAdded(static_cast<std::uint32_t>(entry.added.size()));
    for (const record::Event& event : entry.added) events.add(event, wire::WithDetails::yes);
    wire::write(entry.identifier, changes[i].initIdentifier());
    if (entry.what == engine::FeedEntry::What::link || entry.what == engine::FeedEntry::What::unlink)
      write(view, entry.other, room, changes[i].initOther());
  }
  events.write(into.initEvents());
  auto told = into.initPosition(static_cast<unsigned>(page.position.size()));
  for (unsigned i = 0; i < told.size(); ++i) told.set(i, page.position[i]);
  return page;
}

class FeedServer final : public wire::Feed::Server {
 public:
  FeedServer(HolderPtr holder, Position position)
      : holder_(std::move(holder)), object_(value_or_throw(holder_->hold_object())), position_(std::move(position)) {}

  kj::Promise<void> next(NextContext context) override {
    return as_act(holder_, engine::Act::read_feed, [&] { return next_page(context); });
  }

 private:
  kj::Promise<void> next_page(NextContext context) {
    if (busy_) return to_exception(conflict("the feed is being read already"));
    busy_ = true;
    const auto params = context.getParams();
    const std::uint32_t limit = params.getLimit() == 0 ? commits_max : std::min(params.getLimit(), commits_max);
    const auto until = holder_->services.timer.now() + std::min(params.getWaitMs(), wait_ms_max) * kj::MILLISECONDS;
    context.releaseParams();
    return look(context, limit, until)
        .catch_([this](kj::Exception&& why) {
          busy_ = false;
          kj::throwFatalException(kj::mv(why));
        })
        .attach(thisCap());
  }

  kj::Promise<void> look(NextContext context, std::uint32_t limit, kj::TimePoint until) {
    return holder_->services.workers
        .run(Lane::read, [holder = holder_, position = position_, unfinished = unfinished_,
                          limit] { return read_page(*holder, position, unfinished, limit); })
        .then([this, context, limit, until](Page page) mutable -> kj::Promise<void> {
          kj::Timer& timer = holder_->services.timer;
          // What is not told is passed over at once; at the end there is something to wait for.
          const bool waits = timer.now() < until && !holder_->services.traffic.is_ending();
          if (page.tells_nothing && (!page.empty || waits)) {
            position_ = std::move(page.position), unfinished_ = page.unfinished;
            if (!page.empty) return look(context, limit, until);
            return timer.afterDelay(look_again).then([this, context, limit, until] {
              return look(context, limit, until);
            });
          }
          auto results = page.message->getRoot<wire::Feed::NextResults>().asReader();
          context.setResults(results);
          engine::AuditEntry entry = holder_->entry(engine::Act::read_feed);
          entry.rows = results.getChanges().size();
          entry.patients = std::move(page.patients);
          auto entered = page.tells_nothing ? kj::Promise<void>(kj::READY_NOW) : holder_->enter(std::move(entry));
          // A page whose entry was not kept is not given, and comes again.
          return entered.then([this, position = std::move(page.position), unfinished = page.unfinished]() mutable {
            busy_ = false;
            position_ = std::move(position);
            unfinished_ = unfinished;
          });
        });
  }

  HolderPtr holder_;
  HeldObject object_;
  Position position_;
  Unfinished unfinished_;
  bool busy_ = false;
};

}  // namespace

wire::Feed::Client make_feed(HolderPtr holder, Position since) {
  return kj::heap<FeedServer>(std::move(holder), std::move(since));
}

}  // namespace chartline::server
