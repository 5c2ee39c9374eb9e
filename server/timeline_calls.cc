// A timeline: find the patient and read a page on a worker, where it is built as a message; copy it into the answer. What comes
// after it is read when it is asked for, from the same moment.
#include "server/timeline_calls.h"

#include <capnp/message.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/person_about.h"
#include "engine/storage/only_from_memory.h"
#include "formats/wire/events_reader.h"
#include "server/acts.h"
#include "server/event_pages.h"

namespace chartline::server {
namespace {

using engine::TimelineFilter;
using engine::View;

using Message = std::unique_ptr<capnp::MallocMessageBuilder>;

constexpr unsigned filter_items_max = 1000, patients_max = 100'000;

Error unseen() { return not_found("no patient is seen under this identifier"); }

std::optional<engine::Day> day(wire::Filter::From::Reader from) {
  return from.isDay() ? std::optional(engine::Day{from.getDay()}) : std::nullopt;
}
std::optional<engine::Day> day(wire::Filter::To::Reader to) {
  return to.isDay() ? std::optional(engine::Day{to.getDay()}) : std::nullopt;
}

// Text is copied into `words`.
TimelineFilter read_filter(wire::Filter::Reader from, record::Arena& words) {
  if (from.getCodes().size() > filter_items_max || from.getSources().size() > filter_items_max)
    kj::throwFatalException(to_exception(invalid_request("a filter names at most 1,000 codes, and as many sources")));
  TimelineFilter filter{.from = day(from.getFrom()),
                        .to = day(from.getTo()),
                        .kinds = from.getKinds(),
                        .include_hidden = from.getIncludeHidden(),
                        .backwards = from.getBackwards()};
  for (const auto code : from.getCodes())
    filter.codes.push_back({.system = words.text(wire::view(code.getSystem())), .code = words.text(wire::view(code.getCode()))});
  for (const auto source : from.getSources())
    filter.sources.push_back({.organisation = words.text(wire::view(source.getOrganisation())),
                              .system = words.text(wire::view(source.getSystem()))});
  return filter;
}

wire::WithDetails details_of(wire::Fields fields) {
  return fields == wire::Fields::WHOLE ? wire::WithDetails::yes : wire::WithDetails::no;
}

std::size_t page_of(std::uint32_t asked, const Limits& limits) {
  return asked == 0 ? limits.page_events : std::min(asked, limits.page_events);
}

engine::AuditEntry read_entry(const Holder& holder, std::vector<engine::PatientRef> patients, std::uint64_t rows) {
  engine::AuditEntry entry = holder.entry(engine::Act::read_timeline);
  entry.patients = std::move(patients);
  entry.rows = rows;
  return entry;
}

// The page that comes next, as an answer of Timeline.next; moves the reading on.
struct Page {
  Message message;
  bool more = false;
};
Result<Page> read_page(Reading& reading, std::size_t limit) {
  reading.filter.limit = limit;
  engine::Timeline timeline;
  const std::uint32_t fields = stored::field_hot;
  TRY(reading.view.timeline(reading.patient, reading.filter, fields, timeline));
  EventPage page(reading.details);
  TRY(page.add(reading.view, timeline));
  Page made{.message = std::make_unique<capnp::MallocMessageBuilder>(static_cast<unsigned>(64 + page.bytes() / 8))};
  page.build(made.message->initRoot<wire::Events>());
  reading.filter.cursor = timeline.next();
  made.more = !timeline.next().empty();
  return made;
}

class TimelineServer final : public wire::Timeline::Server {
 public:
  TimelineServer(HolderPtr holder, Reading reading)
      : holder_(std::move(holder)), object_(value_or_throw(holder_->hold_object())), reading_(std::move(reading)) {}

  kj::Promise<void> next(NextContext context) override {
    return as_act(holder_, engine::Act::read_timeline, [&] { return next_page(context); });
  }

 private:
  kj::Promise<void> next_page(NextContext context) {
    if (ended_) {
      (void)context.getResults().initEvents();
      return kj::READY_NOW;
    }
    if (busy_) return to_exception(conflict("a page of this timeline is being read already"));
    busy_ = true;
    Services& services = holder_->services;
    const std::size_t limit = page_of(context.getParams().getLimit(), services.limits);
    context.releaseParams();
    return services.workers
        .run(Lane::read,
             [reading = reading_, limit, &services, owner = holder_->owner()]() mutable -> Result<Next> {
               Page page = TRY(read_page(reading, limit));
               std::string cursor = page.more ? services.cursors.keep(owner, reading) : "";
               return Next{std::move(page), std::move(reading), std::move(cursor)};
             })
        .then([this, context](Next next) mutable -> kj::Promise<void> {
          busy_ = false;
          ended_ = !next.page.more;
          reading_ = std::move(next.reading);
          auto results = context.getResults();
          results.setEvents(next.page.message->getRoot<wire::Events>().asReader());
          results.setCursor(next.cursor);
          return holder_->enter(read_entry(*holder_, reading_.view.linked(reading_.patient), results.getEvents().getCount()));
        })
        .catch_([this](kj::Exception&& why) -> kj::Promise<void> {
          busy_ = false;
          return kj::mv(why);
        })
        .attach(thisCap());
  }

  struct Next {
    Page page;
    Reading reading;
    std::string cursor;
  };

  HolderPtr holder_;
  HeldObject object_;
  Reading reading_;
  bool busy_ = false, ended_ = false;
};

void write(const engine::PersonAbout& person, wire::Person::Builder into) {
  auto identifiers = into.initIdentifiers(static_cast<unsigned>(person.identifiers.size()));
  for (unsigned i = 0; i < person.identifiers.size(); ++i) wire::write(person.identifiers[i], identifiers[i]);
  wire::write(person.birth, into.initBirth());
  wire::write(person.death, into.initDeath());
  into.setDead(person.dead);
  wire::put_text(person.sex, [&](unsigned size) { return into.initSex(size); });
  wire::put_text(person.name, [&](unsigned size) { return into.initName(size); });
}

// What a call for a timeline gives, made on a worker.
struct FirstPage {
  Page page;
  Reading reading;
  std::string cursor{};
  std::optional<engine::PersonAbout> person{};
  std::unique_ptr<record::Arena> room = std::make_unique<record::Arena>();  // of the person
};

// Events of several patients on their way to a sink: full pages go out, the next is filled when the sink has taken the last.
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
  std::uint32_t next = 0;                       // patient, from whom on none is in a stretch
  std::uint32_t stretch_patients = 96;          // as many as a page is likely to take
  kj::Promise<void> sent = kj::READY_NOW;       // all stretches begun so far
  std::deque<kj::Promise<void>> under_way{};    // of each that is not known to be sent
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
    return sent.then([&pages, rest = std::move(rest)]() mutable { return send_stretch(pages, std::move(rest), kj::READY_NOW); });
  });
}

kj::Promise<void> send_pages(Pages& pages) {
  while (pages.next < pages.stream->count) {
    if (pages.under_way.size() == stretches_ahead) {
      auto oldest = kj::mv(pages.under_way.front());
      pages.under_way.pop_front();
      return oldest.then([&pages] { return send_pages(pages); });
    }
    Stretch stretch{.next = pages.next, .past = pages.next + std::min(pages.stretch_patients, pages.stream->count - pages.next)};
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

// A short timeline that is in memory is read by the loop itself: handing it to a worker would take longer than reading it. Nullopt
// where it is none such, or cannot be read, and nothing was answered; else what the audit is to say of it.
std::optional<engine::AuditEntry> answer_at_once(const Holder& holder, const TimelineFilter& filter, std::size_t limit,
                                                 TimelineCall& context) {
  const auto params = context.getParams();
  if (params.getFields() != wire::Fields::HOT || params.getAsOf() != INT64_MAX) return std::nullopt;
  // What a filter names is looked up in the dictionary: that may take a while.
  if (!filter.codes.empty() || !filter.sources.empty()) return std::nullopt;
  const engine::OnlyFromMemory loop_never_waits;
  const View view = holder.view();
  const auto found = view.find(wire::view(params.getPatient()));
  if (!found || !*found) return std::nullopt;
  engine::Timeline& timeline = holder.services.scratch.timeline;
  const auto read = view.timeline_if_short(**found, filter, stored::field_hot, timeline);
  if (!read || !*read || timeline.size() > limit) return std::nullopt;
  EventPage& page = holder.services.scratch.page;
  page.clear();
  if (!page.add(view, timeline)) return std::nullopt;
  record::Arena room;
  std::optional<engine::PersonAbout> person;
  if (params.getWantPerson()) {
    Result<engine::PersonAbout> about = engine::person_about(view, **found, room);
    if (!about) return std::nullopt;
    person = std::move(about).value();
  }
  auto results = context.getResults(capnp::MessageSize{64 + page.bytes() / sizeof(capnp::word), 0});
  page.build(results.initEvents());
  if (person) write(*person, results.initPerson());
  return read_entry(holder, view.linked(**found), page.events());
}

kj::Promise<void> timeline(HolderPtr holder, TimelineCall context) {
  auto params = context.getParams();
  auto words = std::make_shared<record::Arena>();
  TimelineFilter filter = read_filter(params.getFilter(), *words);
  const std::size_t limit = page_of(params.getLimit(), holder->services.limits);
  if (auto entry = answer_at_once(*holder, filter, limit, context)) return holder->enter(std::move(*entry));
  auto read = [holder, words, filter = std::move(filter), limit, patient = std::string(wire::view(params.getPatient())),
               as_of = params.getAsOf(), details = details_of(params.getFields()),
               wants_person = params.getWantPerson()]() mutable -> Result<std::unique_ptr<FirstPage>> {
    const View view = TRY(holder->rows_as_of(as_of));
    const std::optional<engine::PatientRef> found = TRY(view.find(patient));
    if (!found) return unseen();
    Reading reading{.view = view, .patient = *found, .filter = std::move(filter), .details = details, .words = words};
    Page page = TRY(read_page(reading, limit));
    auto first = std::make_unique<FirstPage>(FirstPage{.page = std::move(page), .reading = std::move(reading)});
    if (first->page.more) first->cursor = holder->services.cursors.keep(holder->owner(), first->reading);
    if (wants_person) first->person = TRY(engine::person_about(view, *found, *first->room));
    return first;
  };
  context.releaseParams();
  auto answer = [holder, context](std::unique_ptr<FirstPage> first) mutable -> kj::Promise<void> {
    auto events = first->page.message->getRoot<wire::Events>().asReader();
    auto results = context.getResults(events.totalSize());
    results.setEvents(events);
    if (first->person) write(*first->person, results.initPerson());
    auto entered = holder->enter(read_entry(*holder, first->reading.view.linked(first->reading.patient), events.getCount()));
    if (!first->page.more) return entered;
    results.setCursor(first->cursor);
    results.setMore(kj::heap<TimelineServer>(holder, std::move(first->reading)));
    return entered;
  };
  return holder->services.workers.run(Lane::read, std::move(read)).then(std::move(answer));
}

kj::Promise<void> resume_timeline(HolderPtr holder, ResumeTimelineCall context) {
  Reading reading = value_or_throw(
      holder->services.cursors.find(holder->owner(), std::string(wire::view(context.getParams().getCursor()))));
  context.getResults().setTimeline(kj::heap<TimelineServer>(std::move(holder), std::move(reading)));
  return kj::READY_NOW;
}

kj::Promise<void> timelines(HolderPtr holder, TimelinesCall context) {
  auto params = context.getParams();
  if (params.getPatients().size() > patients_max)
    return to_exception(invalid_request("one call is for at most 100,000 patients: make several"));
  auto patients = std::make_shared<std::vector<std::string>>();
  for (const auto patient : params.getPatients()) patients->emplace_back(wire::view(patient));
  auto words = std::make_shared<record::Arena>();
  auto stream = std::make_shared<Stream>(Stream{
      .holder = holder,
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
  auto stream = std::make_shared<Stream>(Stream{
      .holder = holder,
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
