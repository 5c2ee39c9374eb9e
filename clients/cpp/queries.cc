// Queries: prepared on the server, run there, their rows handed to the sink of the thread that runs them.

#include "clients/cpp/connection.h"
#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"
#include "formats/wire/events_reader.h"

namespace chartline::client {

struct Query::State {
  Remote query;
  std::uint32_t statements = 0;
};

Query::Query(std::unique_ptr<State> state) : state_(std::move(state)) {}
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;
Query::~Query() = default;

std::uint32_t Query::statements() const { return state_->statements; }

Result<Prepared> Connection::prepare(const std::string& text, const QueryOptions& options) {
  struct Answer {
    std::vector<Complaint> complaints;
    std::uint64_t query = 0;
    std::uint32_t statements = 0;
  };
  Answer answer = TRY(parts_->call([&](Loop& loop) {
    auto request = loop.session().prepareRequest();
    request.setText(text);
    write(options, request.initOptions());
    return request.send().then([&loop](capnp::Response<wire::Session::PrepareResults> found) -> kj::Promise<Answer> {
      Answer made{.complaints = read_complaints(found.getComplaints())};
      if (!found.hasQuery()) return made;
      auto query = found.getQuery();
      made.query = loop.keep(query);
      return query.aboutRequest().send().then([made](capnp::Response<wire::Query::AboutResults> about) mutable {
        made.statements = about.getStatements();
        return made;
      });
    });
  }));
  Prepared prepared{.complaints = std::move(answer.complaints), .query = {}};
  if (answer.query == 0) return prepared;
  auto state = std::make_unique<Query::State>(Query::State{Remote(parts_, answer.query), answer.statements});
  prepared.query = Query(std::move(state));
  return prepared;
}

namespace {

struct Begin {
  Schema schema;
};
struct End {};
using Item = std::variant<Begin, Message, End>;
using Items = Stream<Item>;

constexpr unsigned columns_max = 1 << 16;

Schema read_schema(wire::Schema::Reader from) {
  Schema schema{.statement = read_text(from.getStatement()), .text = read_text(from.getText()), .columns = {}};
  for (const auto column : from.getColumns()) {
    const unsigned form = std::min<unsigned>(column.getForm(), static_cast<unsigned>(ColumnForm::any));
    schema.columns.push_back({read_text(column.getName()), static_cast<ColumnForm>(form), read_text(column.getUnit())});
  }
  return schema;
}

// One column of cells, each taken from the list of its form.
Result<std::vector<Cell>> read_cells(wire::Cells::Reader from, std::size_t count) {
  const auto forms = from.getForms();
  const auto integers = from.getIntegers();
  const auto numbers = from.getNumbers();
  const auto times = from.getTimes();
  const auto texts = from.getTexts();
  if (forms.size() != count &&
      (forms.size() != 1 || count > integers.size() + numbers.size() + times.size() + texts.size()) &&
      !(forms.size() == 1 && forms[0] == 0))
    return invalid_request("a column has not as many cells as there are rows");
  unsigned integer = 0, number = 0, time = 0, text = 0;
  const auto short_of = [](const char* list) { return invalid_request(std::string("there are too few ") + list); };
  std::vector<Cell> cells;
  cells.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    switch (forms[forms.size() == 1 ? 0 : static_cast<unsigned>(i)]) {
      case 0: cells.emplace_back(); break;
      case 1:
        if (integer == integers.size()) return short_of("truths");
        cells.emplace_back(integers[integer++] != 0);
        break;
      case 2:
        if (integer == integers.size()) return short_of("integers");
        cells.emplace_back(std::int64_t{integers[integer++]});
        break;
      case 3:
        if (number == numbers.size()) return short_of("numbers");
        cells.emplace_back(numbers[number++]);
        break;
      case 4:
        if (time == times.size()) return short_of("times");
        cells.emplace_back(TRY(wire::read_time(times[time++])));
        break;
      case 5:
        if (text == texts.size()) return short_of("texts");
        cells.emplace_back(read_text(texts[text++]));
        break;
      default: return invalid_request("a cell has a form that is none");
    }
  }
  return cells;
}

Result<Rows> read_rows(wire::Rows::Reader from) {
  constexpr std::uint32_t rows_max = 1u << 20;  // a few bytes may stand for so many
  if (from.getCount() > rows_max) return invalid_request("a batch has too many rows");
  if (from.getColumns().size() > columns_max) return invalid_request("a batch has too many columns");
  if (std::uint64_t{from.getCount()} * from.getColumns().size() > 16 * rows_max)
    return invalid_request("a batch has too many cells");
  Rows rows{.count = from.getCount(), .columns = {}};
  for (const auto column : from.getColumns()) rows.columns.push_back(TRY(read_cells(column, rows.count)));
  return rows;
}

// A batch without columns, which comes from this side, is the last.
class ItemSink final : public wire::ResultSink::Server {
 public:
  explicit ItemSink(std::shared_ptr<Items> items) : items_(std::move(items)) {}
  kj::Promise<void> begin(BeginContext context) override {
    return items_->give(Begin{read_schema(context.getParams().getSchema())});
  }
  kj::Promise<void> rows(RowsContext context) override {
    const auto batch = context.getParams().getBatch();
    if (batch.hasColumns()) return items_->give(copied(batch));
    items_->flush();
    return kj::READY_NOW;
  }
  kj::Promise<void> end(EndContext) override { return items_->give(End{}); }

 private:
  std::shared_ptr<Items> items_;
};

// Tells the sink what a server sends, and holds the server to the order that sinks may count on.
class Teller {
 public:
  explicit Teller(ResultSink& sink) : sink_(sink) {}
  Result<void> operator()(Item& item) {
    if (const Begin* begin = std::get_if<Begin>(&item)) {
      if (within_) return not_understood(invalid_request("a statement begins within another"));
      within_ = true;
      columns_ = begin->schema.columns.size();
      return sink_.begin(begin->schema);
    }
    if (!within_) return not_understood(invalid_request("rows belong to no statement"));
    if (const Message* message = std::get_if<Message>(&item)) {
      return sink_.rows(TRY(understood([&] { return rows_of(*message); })));
    }
    within_ = false;
    return sink_.end();
  }

 private:
  Result<Rows> rows_of(const Message& message) const {
    Rows rows = TRY(read_rows(message->getRoot<wire::Rows>().asReader()));
    if (rows.columns.size() != columns_) return invalid_request("rows have other columns than the statement");
    return rows;
  }

  ResultSink& sink_;
  bool within_ = false;
  std::size_t columns_ = 0;
};

struct Progress {
  std::uint64_t patients = 0, of = 0;
};

Result<Progress> progress_of(const Remote& run) {
  return run.parts().call([&](Loop& loop) {
    return run.as<wire::Run>(loop).progressRequest().send().then([](capnp::Response<wire::Run::ProgressResults> so_far) {
      return Progress{so_far.getPatients(), so_far.getOf()};
    });
  });
}

}  // namespace

Result<void> Query::run(const RunOptions& options, ResultSink& sink) {
  Parts& parts = state_->query.parts();
  auto items = std::make_shared<Items>();
  std::uint64_t number = 0;
  TRY(parts.on_loop([&](Loop& loop) {
    auto request = state_->query.as<wire::Query>(loop).runRequest();
    wire::ResultSink::Client to = kj::heap<ItemSink>(items);
    request.setSink(to);
    number = loop.keep(request.send().getRun());
    // Until the Run is asked whether it is done.
    loop.kept.emplace(++loop.kept_ever, to);
  }));
  const Remote run(state_->query.shared(), number);  // dropped at the end, which stops the server
  const Remote to(state_->query.shared(), number + 1);
  return parts.read_stream(
      items,
      [&](Loop& loop) {
        auto sink_here = to.as<wire::ResultSink>(loop);
        return run.as<wire::Run>(loop).doneRequest().send().ignoreResult().then(
            [sink_here]() mutable { return sink_here.rowsRequest().send(); });
      },
      options.cancel, Teller(sink),
      [&]() -> Result<void> {
        if (!options.progress) return {};
        const Progress so_far = TRY(progress_of(run));
        options.progress(so_far.patients, so_far.of);
        return {};
      });
}

}  // namespace chartline::client
