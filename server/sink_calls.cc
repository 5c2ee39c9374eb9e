// Pages are read on workers, several stretches of patients at a time, and go out in the order of the patients: a full page is sent, the
// next is filled when the sink has taken the last.
#include "server/sink_calls.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "formats/wire/events_reader.h"
#include "server/event_pages.h"
#include "server/timeline_parts.h"

namespace chartline::server {
namespace {

using engine::TimelineFilter;
using engine::View;

constexpr unsigned patients_max = 100'000;

// What a page tells of one patient.
struct Part {
  std::uint32_t of = 0, count = 0;
  record::Identifier identifier{};
  bool seen = false;
};

constexpr std::size_t page_bytes = 512u << 10;
constexpr std::uint32_t page_patients = 4096;

// One page, read on a worker: some patients, until it is full. The loop builds the message of it.
struct SinkPage {
  std::unique_ptr<EventPage> events;
  std::vector<Part> parts;
  // What whole events, and identifiers, borrow from.
  std::vector<std::unique_ptr<engine::Timeline>> kept;
  std::unique_ptr<record::Arena> room = std::make_unique<record::Arena>();
  std::vector<engine::PatientRef> patients;
  std::uint32_t next = 0;
  std::string cursor;  // of the patient `next`, where its timeline goes on

  bool is_full() const { return events->bytes() > page_bytes / 2; }  // or nearly
};

// Memory of pages that are out, for those that come.
class PagePool {
 public:
  std::unique_ptr<EventPage> take(wire::WithDetails details) {
    const std::lock_guard lock(mutex_);
    if (pages_.empty()) return std::make_unique<EventPage>(details);
    auto page = std::move(pages_.back());
    pages_.pop_back();
    return page;
  }
  void give_back(std::unique_ptr<EventPage> page) {
    page->clear();
    const std::lock_guard lock(mutex_);
    pages_.push_back(std::move(page));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<EventPage>> pages_;
};

// Patients from `next` on whose pages are read one after the other.
struct Stretch {
  std::uint32_t next = 0, past = 0;
  std::string cursor{};  // of the patient `next`, where its timeline goes on
};

// Where patients come from: nullopt for one who is not seen.
using PatientAt = std::function<Result<std::optional<engine::PatientRef>>(const View&, std::uint32_t)>;

struct Stream {
  HolderPtr holder;
  View view;
  TimelineFilter filter;
  std::shared_ptr<record::Arena> words;  // what the filter borrows
  wire::WithDetails details;
  PatientAt patient_at;
  std::uint32_t count = 0;
  bool whole_person = true;  // with those linked to them; else each patient alone
  Lane lane = Lane::read;
  bool tell_empty = true;  // patients without events too
  std::unique_ptr<PagePool> pages = std::make_unique<PagePool>();
};

Result<SinkPage> read_sink_page(const Stream& stream, const Stretch& of) {
  SinkPage page;
  page.events = stream.pages->take(stream.details);
  page.next = of.next, page.cursor = of.cursor;
  TimelineFilter filter = stream.filter;
  std::unique_ptr<engine::Timeline> timeline;
  while (page.next < of.past && page.events->bytes() < page_bytes) {
    Part part{.of = page.next, .count = 0, .identifier = {}, .seen = false};
    const std::optional<engine::PatientRef> patient = TRY(stream.patient_at(stream.view, page.next));
    if (!patient) {
      if (stream.tell_empty) page.parts.push_back(part);
      ++page.next;
      continue;
    }
    if (!timeline) timeline = std::make_unique<engine::Timeline>();
    filter.limit = stream.holder->services.limits.page_events;
    filter.cursor = std::exchange(page.cursor, {});
    if (stream.whole_person) {
      TRY(stream.view.timeline(*patient, filter, stored::field_hot, *timeline));
    } else {
      TRY(stream.view.own_timeline(*patient, filter, stored::field_hot, *timeline));
    }
    TRY(page.events->add(stream.view, *timeline));
    for (const engine::PatientRef one : stream.view.linked(*patient)) page.patients.push_back(one);
    part.seen = true;
    part.count = static_cast<std::uint32_t>(timeline->size());
    if (part.count > 0 || stream.tell_empty) {
      const auto identifiers = TRY(stream.view.identifiers(*patient, *page.room));
      if (!identifiers.empty()) part.identifier = identifiers.front();
      page.parts.push_back(part);
    }
    page.cursor = timeline->next();
    if (page.cursor.empty()) ++page.next;
    if (stream.details == wire::WithDetails::yes && timeline->size() > 0) page.kept.push_back(std::move(timeline));
  }
  return page;
}

std::size_t bytes_of(const SinkPage& page) { return page.events->bytes() + page.parts.size() * 64; }

void build(const SinkPage& page, wire::EventSink::PageParams::Builder into) {
  auto told = into.initPatients(static_cast<unsigned>(page.parts.size()));
  for (unsigned i = 0; i < page.parts.size(); ++i) {
    const Part& part = page.parts[i];
    told[i].setOf(part.of);
    told[i].setCount(part.count);
    told[i].setSeen(part.seen);
    wire::write(part.identifier, told[i].initIdentifier());
  }
  page.events->build(into.initEvents());
}

// Pages on their way: those of several stretches are read, and entered into the audit, at the same time, while the sink takes
// those before them. Each goes out in its turn.
struct Pages {
  std::shared_ptr<const Stream> stream;  // shared with the workers that read
  wire::EventSink::Client sink;
  std::uint32_t next = 0;                     // patient, from whom on none is in a stretch
  std::uint32_t stretch_patients = 96;        // as many as a page is likely to take
  kj::Promise<void> sent = kj::READY_NOW;     // all stretches begun so far
  std::deque<kj::Promise<void>> under_way{};  // of each that is not known to be sent
};
constexpr std::size_t stretches_ahead = 8;

// Whose entry is kept goes out, after those before it.
kj::Promise<void> send_page(Pages& pages, SinkPage page, kj::Promise<void> before) {
  engine::AuditEntry entry = read_entry(*pages.stream->holder, std::move(page.patients), page.events->events());
  if (pages.stream->lane == Lane::scan) entry.act = engine::Act::export_rows;
  auto entered = pages.stream->holder->enter(std::move(entry));
  return before.then([entered = kj::mv(entered)]() mutable { return kj::mv(entered); })
      .then([&pages, page = std::move(page)]() mutable {
        auto request = pages.sink.pageRequest(capnp::MessageSize{64 + bytes_of(page) / sizeof(capnp::word), 0});
        build(page, request);
        pages.stream->pages->give_back(std::move(page.events));
        return request.send();
      });
}

kj::Promise<void> send_stretch(Pages& pages, Stretch stretch, kj::Promise<void> before) {
  auto read = pages.stream->holder->services.workers.run(
      pages.stream->lane, [stream = pages.stream, stretch] { return read_sink_page(*stream, stretch); });
  return read.then([&pages, past = stretch.past, before = kj::mv(before)](SinkPage page) mutable -> kj::Promise<void> {
    Stretch rest{.next = page.next, .past = past, .cursor = std::move(page.cursor)};
    const bool is_full = page.is_full();
    auto sent = send_page(pages, std::move(page), kj::mv(before));
    std::uint32_t& patients = pages.stretch_patients;
    if (rest.next == rest.past) {
      if (!is_full) patients = std::min(patients * 2, page_patients);
      return sent;
    }
    patients = std::max(patients / 2, 1u);
    return sent.then(
        [&pages, rest = std::move(rest)]() mutable { return send_stretch(pages, std::move(rest), kj::READY_NOW); });
  });
}

kj::Promise<void> send_pages(Pages& pages) {
  while (pages.next < pages.stream->count) {
    if (pages.under_way.size() == stretches_ahead) {
      auto oldest = kj::mv(pages.under_way.front());
      pages.under_way.pop_front();
      return oldest.then([&pages] { return send_pages(pages); });
    }
    Stretch stretch{.next = pages.next,
                    .past = pages.next + std::min(pages.stretch_patients, pages.stream->count - pages.next)};
    pages.next = stretch.past;
    auto sent = send_stretch(pages, std::move(stretch), kj::mv(pages.sent)).fork();
    pages.under_way.push_back(sent.addBranch().eagerlyEvaluate(nullptr));
    pages.sent = sent.addBranch();
  }
  return kj::mv(pages.sent);
}

kj::Promise<void> send_all(std::shared_ptr<const Stream> stream, wire::EventSink::Client sink) {
  auto pages = kj::heap<Pages>(Pages{.stream = std::move(stream), .sink = kj::mv(sink)});
  return send_pages(*pages).attach(kj::mv(pages));
}

}  // namespace

kj::Promise<void> timelines(HolderPtr holder, TimelinesCall context) {
  auto params = context.getParams();
  if (params.getPatients().size() > patients_max)
    return to_exception(invalid_request("one call is for at most 100,000 patients: make several"));
  auto patients = std::make_shared<std::vector<std::string>>();
  for (const auto patient : params.getPatients()) patients->emplace_back(wire::view(patient));
  auto words = std::make_shared<record::Arena>();
  auto stream = std::make_shared<Stream>(
      Stream{.holder = holder,
             .view = value_or_throw(holder->rows_as_of(params.getAsOf())),
             .filter = read_filter(params.getFilter(), *words),
             .words = words,
             .details = details_of(params.getFields()),
             .patient_at = [patients](const View& view, std::uint32_t i) { return view.find((*patients)[i]); },
             .count = static_cast<std::uint32_t>(patients->size())});
  auto sink = params.getSink();
  context.releaseParams();
  return send_all(std::move(stream), kj::mv(sink));
}

kj::Promise<void> all_events(HolderPtr holder, EventsCall context) {
  // Their order would be the same in every project.
  if (holder->grant && !holder->grant->identifiable)
    return to_exception(unsupported("every event of a de-identified view: ask for rows by a query"));
  auto params = context.getParams();
  const View view = holder->view();
  std::vector<std::uint32_t> begins;  // of each shard among all patients
  std::uint32_t count = 0;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) begins.push_back(count), count += view.patients(shard);
  auto words = std::make_shared<record::Arena>();
  auto stream = std::make_shared<Stream>(
      Stream{.holder = holder,
             .view = view,
             .filter = read_filter(params.getFilter(), *words),
             .words = words,
             .details = wire::WithDetails::yes,
             .patient_at = [begins](const View& seen, std::uint32_t i) -> Result<std::optional<engine::PatientRef>> {
               const auto shard = static_cast<std::uint32_t>(std::ranges::upper_bound(begins, i) - begins.begin() - 1);
               const engine::PatientRef patient{shard, i - begins[shard]};
               return seen.sees(patient) ? std::optional(patient) : std::nullopt;
             },
             .count = count,
             .whole_person = false,
             .lane = Lane::scan,
             .tell_empty = false});
  auto sink = params.getSink();
  context.releaseParams();
  return send_all(std::move(stream), kj::mv(sink));
}

}  // namespace chartline::server
