// Timelines of one, of many, of everyone. What comes is copied off the loop as a message, and becomes events on the thread that
// asked.
#include "clients/cpp/connection.h"
#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"
#include "formats/wire/events_reader.h"

namespace chartline::client {

struct Timeline::State {
  Page first{};
  Person person{};
  Remote more{};  // none at the end
  std::string cursor{};
  std::uint32_t page_events = 0;
};

Timeline::Timeline(std::unique_ptr<State> state) : state_(std::move(state)) {}
Timeline::Timeline(Timeline&&) noexcept = default;
Timeline& Timeline::operator=(Timeline&&) noexcept = default;
Timeline::~Timeline() = default;

const Page& Timeline::first() const { return state_->first; }
const Person& Timeline::person() const { return state_->person; }
bool Timeline::at_end() const { return !state_->more.is_there(); }
const std::string& Timeline::cursor() const { return state_->cursor; }

namespace {

// An answer, as it leaves the loop.
struct First {
  Message events;
  Message person;
  std::uint64_t more = 0;
  std::string cursor;
};
struct Next {
  Message events;
  std::string cursor;
};

}  // namespace

Result<Timeline> Connection::timeline(const std::string& patient, const TimelineOptions& options) {
  First first = TRY(parts_->call([&](Loop& loop) {
    auto request = loop.session().timelineRequest();
    request.setPatient(patient);
    write(options.filter, request.initFilter());
    request.setFields(wire_fields(options.fields));
    request.setLimit(options.page_events);
    request.setAsOf(options.as_of);
    request.setWantPerson(true);
    return request.send().then([&loop](capnp::Response<wire::Session::TimelineResults> found) {
      return First{.events = copied(found.getEvents()),
                   .person = copied(found.getPerson()),
                   .more = found.hasMore() ? loop.keep(found.getMore()) : 0,
                   .cursor = read_text(found.getCursor())};
    });
  }));
  auto state = std::make_unique<Timeline::State>();
  if (first.more != 0) state->more = Remote(parts_, first.more);
  state->first = TRY(read_page(first.events));
  state->person = TRY(read_person(first.person->getRoot<wire::Person>().asReader()));
  state->cursor = std::move(first.cursor);
  state->page_events = options.page_events;
  return Timeline(std::move(state));
}

Result<Timeline> Connection::resume(const std::string& cursor) {
  const std::uint64_t more = TRY(parts_->call([&](Loop& loop) {
    auto request = loop.session().resumeTimelineRequest();
    request.setCursor(cursor);
    return request.send().then([&loop](capnp::Response<wire::Session::ResumeTimelineResults> found) {
      return loop.keep(found.getTimeline());
    });
  }));
  auto state = std::make_unique<Timeline::State>();
  state->more = Remote(parts_, more);
  state->cursor = cursor;
  return Timeline(std::move(state));
}

Result<Page> Timeline::next() {
  if (at_end()) return Page{};
  Next next = TRY(state_->more.parts().call([this](Loop& loop) {
    auto request = state_->more.as<wire::Timeline>(loop).nextRequest();
    request.setLimit(state_->page_events);
    return request.send().then([](capnp::Response<wire::Timeline::NextResults> found) {
      return Next{copied(found.getEvents()), read_text(found.getCursor())};
    });
  }));
  state_->cursor = std::move(next.cursor);
  if (state_->cursor.empty()) state_->more = Remote();
  return read_page(next.events);
}

namespace {

using Pages = Stream<Message>;

// Takes pages on the loop; a page of nothing, which comes from this side, is the last.
class PageSink final : public wire::EventSink::Server {
 public:
  explicit PageSink(std::shared_ptr<Pages> pages) : pages_(std::move(pages)) {}
  kj::Promise<void> page(PageContext context) override {
    const auto page = context.getParams();
    if (!page.hasPatients()) {
      pages_->flush();
      return kj::READY_NOW;
    }
    return pages_->give(copied(page));
  }

 private:
  std::shared_ptr<Pages> pages_;
};

// Streamed calls are answered late: the call that they belong to may end while some still wait for the sink. What is sent to the
// sink from here comes behind all of them.
kj::Promise<void> flush(wire::EventSink::Client sink) { return sink.pageRequest().send(); }

// What a page holds; borrowed from it.
struct PageParts {
  record::Arena room;
  std::vector<record::Event> events;
  std::vector<PatientEvents> patients;
};

Result<void> read_parts(wire::EventSink::PageParams::Reader page, PageParts& into) {
  into.events = TRY(wire::read_events(page.getEvents(), into.room));
  std::span<const record::Event> rest(into.events);
  for (const auto part : page.getPatients()) {
    if (part.getCount() > rest.size()) return invalid_request("patients have more events than there are");
    into.patients.push_back({.of = part.getOf(),
                             .seen = part.getSeen(),
                             .patient = wire::read_identifier(part.getIdentifier()),
                             .events = rest.first(part.getCount())});
    rest = rest.subspan(part.getCount());
  }
  return rest.empty() ? Result<void>() : invalid_request("some events are of no patient");
}

Result<void> tell(const Message& message, const EachPatient& each) {
  PageParts parts;
  TRY(understood([&] { return read_parts(message->getRoot<wire::EventSink::PageParams>().asReader(), parts); }));
  for (const PatientEvents& patient : parts.patients) TRY(each(patient));
  return {};
}

// `make` gives a request that has everything but its sink.
template <typename MakeRequest>
Result<void> read_pages(Parts& parts, MakeRequest make, const EachPatient& each) {
  auto pages = std::make_shared<Pages>();
  return parts.read_stream(
      pages,
      [&](Loop& loop) {
        wire::EventSink::Client sink = kj::heap<PageSink>(pages);
        auto request = make(loop);
        request.setSink(sink);
        return request.send().ignoreResult().then([sink]() mutable { return flush(sink); });
      },
      nullptr, [&](const Message& message) { return tell(message, each); }, [] { return Result<void>(); });
}

}  // namespace

Result<void> Connection::timelines(const std::vector<std::string>& patients, const TimelineOptions& options,
                                   const EachPatient& each) {
  return read_pages(
      *parts_,
      [&](Loop& loop) {
        auto request = loop.session().timelinesRequest();
        auto names = request.initPatients(static_cast<unsigned>(patients.size()));
        for (unsigned i = 0; i < names.size(); ++i) names.set(i, patients[i]);
        write(options.filter, request.initFilter());
        request.setFields(wire_fields(options.fields));
        request.setAsOf(options.as_of);
        return request;
      },
      each);
}

Result<void> Connection::events(const Filter& filter, const EachPatient& each) {
  return read_pages(
      *parts_,
      [&](Loop& loop) {
        auto request = loop.session().eventsRequest();
        write(filter, request.initFilter());
        return request;
      },
      each);
}

}  // namespace chartline::client
