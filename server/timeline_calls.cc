// Find the patient and read a page on a worker, where it is built as a message; copy it into the answer. What comes after it is read
// when it is asked for, from the same moment.
#include "server/timeline_calls.h"

#include <capnp/message.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/person_about.h"
#include "engine/storage/only_from_memory.h"
#include "formats/wire/events_reader.h"
#include "server/acts.h"
#include "server/event_pages.h"
#include "server/timeline_parts.h"

namespace chartline::server {
namespace {

using engine::TimelineFilter;
using engine::View;

using Message = std::unique_ptr<capnp::MallocMessageBuilder>;

Error unseen() { return not_found("no patient is seen under this identifier"); }

std::size_t page_of(std::uint32_t asked, const Limits& limits) {
  return asked == 0 ? limits.page_events : std::min(asked, limits.page_events);
}

// The page that comes next, as an answer of Timeline.next; moves the reading on.
struct Page {
  Message message;
  bool more = false;
};
Result<Page> read_page(Reading& reading, std::size_t limit) {
  reading.filter.limit = limit;
  engine::Timeline timeline;
  TRY(reading.view.timeline(reading.patient, reading.filter, stored::field_hot, timeline));
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
             [reading = reading_, limit]() mutable -> Result<Next> {
               Page page = TRY(read_page(reading, limit));
               return Next{std::move(page), std::move(reading)};
             })
        .then([this, context](Next next) mutable {
          auto results = context.getResults();
          results.setEvents(next.page.message->getRoot<wire::Events>().asReader());
          auto entered = holder_->enter(
              read_entry(*holder_, reading_.view.linked(reading_.patient), results.getEvents().getCount()));
          // A page whose entry was not kept is not given, and comes again.
          return entered.then([this, context, more = next.page.more, reading = std::move(next.reading)]() mutable {
            busy_ = false;
            ended_ = !more;
            reading_ = std::move(reading);
            if (more) context.getResults().setCursor(holder_->services.cursors.keep(holder_->owner(), reading_));
          });
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
  std::optional<engine::PersonAbout> person{};
  std::unique_ptr<record::Arena> room = std::make_unique<record::Arena>();  // of the person
};

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

}  // namespace

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
    if (wants_person) first->person = TRY(engine::person_about(view, *found, *first->room));
    return first;
  };
  context.releaseParams();
  auto answer = [holder, context](std::unique_ptr<FirstPage> first) mutable -> kj::Promise<void> {
    auto events = first->page.message->getRoot<wire::Events>().asReader();
    auto results = context.getResults(events.totalSize());
    results.setEvents(events);
    if (first->person) write(*first->person, results.initPerson());
    auto entered =
        holder->enter(read_entry(*holder, first->reading.view.linked(first->reading.patient), events.getCount()));
    if (!first->page.more) return entered;
    return entered.then([holder, context, reading = std::move(first->reading)]() mutable {
      auto results = context.getResults();
      results.setCursor(holder->services.cursors.keep(holder->owner(), reading));
      results.setMore(kj::heap<TimelineServer>(holder, std::move(reading)));
    });
  };
  return holder->services.workers.run(Lane::read, std::move(read)).then(std::move(answer));
}

kj::Promise<void> resume_timeline(HolderPtr holder, ResumeTimelineCall context) {
  Reading reading = value_or_throw(
      holder->services.cursors.find(holder->owner(), std::string(wire::view(context.getParams().getCursor()))));
  context.getResults().setTimeline(kj::heap<TimelineServer>(std::move(holder), std::move(reading)));
  return kj::READY_NOW;
}

}  // namespace chartline::server
