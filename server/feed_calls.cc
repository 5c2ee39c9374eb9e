#include "server/feed_calls.h"

#include <capnp/message.h>
#include <kj/timer.h>

#include <algorithm>
#include <utility>

#include "formats/wire/events_writer.h"

namespace chartline::server {
namespace {

using Position = std::vector<std::uint64_t>;

constexpr std::uint32_t commits_max = 256;  // of each shard, at once
constexpr std::uint32_t wait_ms_max = 60'000;
constexpr auto look_again = 50 * kj::MILLISECONDS;

struct Page {
  std::unique_ptr<capnp::MallocMessageBuilder> message;  // wire::Feed::NextResults
  Position position;
  bool empty = true;
  std::vector<engine::PatientRef> patients{};
};

void write(const engine::View& view, engine::PatientRef patient, record::Arena& room, wire::Identifier::Builder into) {
  const auto identifiers = view.identifiers(patient, room);
  if (identifiers && !identifiers->empty()) wire::write(identifiers->front(), into);
}

// A shard without entries keeps no change: it goes on from where it stands now.
Position before_first(const std::vector<engine::FeedEntry>& entries, Position now) {
  for (const engine::FeedEntry& entry : entries) now[entry.shard] = 0;
  return now;
}

// What of the changes the session may see: of patients who are seen, the events that are shown. An erasure tells of nobody.
void leave_out_unseen(std::vector<engine::FeedEntry>& entries, const engine::View& view, record::Arena& room) {
  const engine::Grant* const grant = view.grant();
  if (!grant) return;
  std::erase_if(entries, [&](engine::FeedEntry& entry) {
    const bool two = entry.what == engine::FeedEntry::What::link || entry.what == engine::FeedEntry::What::unlink;
    if (!view.sees(entry.patient) || (two && !view.sees(entry.other))) return true;
    if (entry.what != engine::FeedEntry::What::events) return false;
    std::vector<record::Event> shown;
    for (const record::Event& event : entry.added)
      if (grant->shows(entry.patient, event)) shown.push_back(event);
    entry.added = room.array(shown);
    return entry.added.empty() && !grant->rule_of(entry.patient).shows_everything();
  });
}

Result<Page> read_page(const Holder& holder, Position position, std::size_t limit) {
  const engine::View view = holder.view();
  if (view.grant() && !view.grant()->identifiable) return unsupported("the feed of a de-identified view");
  record::Arena room;
  auto entries = TRY(holder.services.store.changes(position, limit, room));
  const bool at_end = entries.empty();
  Page page{.message = std::make_unique<capnp::MallocMessageBuilder>(), .position = std::move(position), .empty = at_end};
  if (page.position.empty()) page.position = before_first(entries, view.position());
  for (const engine::FeedEntry& entry : entries)
    page.position[entry.shard] = std::max(page.position[entry.shard], entry.commit);
  leave_out_unseen(entries, view, room);
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
  FeedServer(HolderPtr holder, Position position) : holder_(std::move(holder)), position_(std::move(position)) {}

  kj::Promise<void> next(NextContext context) override {
    if (busy_) return to_exception(conflict("the feed is being read already"));
    busy_ = true;
    const auto params = context.getParams();
    const std::uint32_t limit = params.getLimit() == 0 ? commits_max : std::min(params.getLimit(), commits_max);
    const auto until = holder_->services.timer.now() + std::min(params.getWaitMs(), wait_ms_max) * kj::MILLISECONDS;
    context.releaseParams();
    return look(context, limit, until).attach(thisCap(), holder_->hold());
  }

 private:
  kj::Promise<void> look(NextContext context, std::uint32_t limit, kj::TimePoint until) {
    return holder_->services.workers
        .run(Lane::read, [holder = holder_, position = position_, limit] { return read_page(*holder, position, limit); })
        .then([this, context, limit, until](Page page) mutable -> kj::Promise<void> {
          kj::Timer& timer = holder_->services.timer;
          if (page.empty && timer.now() < until)
            return timer.afterDelay(look_again).then([this, context, limit, until] { return look(context, limit, until); });
          busy_ = false;
          position_ = std::move(page.position);
          auto results = page.message->getRoot<wire::Feed::NextResults>().asReader();
          context.setResults(results);
          if (page.empty) return kj::READY_NOW;
          engine::AuditEntry entry = holder_->entry(engine::Act::read_feed);
          entry.rows = results.getChanges().size();
          entry.patients = std::move(page.patients);
          return holder_->enter(std::move(entry));
        });
  }

  HolderPtr holder_;
  Position position_;
  bool busy_ = false;
};

}  // namespace

wire::Feed::Client make_feed(HolderPtr holder, Position since) {
  return kj::heap<FeedServer>(std::move(holder), std::move(since));
}

}  // namespace chartline::server
