// An import and a reading of the feed, over the wire.
#include "cli/server_source.h"

namespace chartline::cli {
namespace {

// Gathers what comes one by one, so that a message carries many.
class ServerImport final : public ImportSession {
 public:
  explicit ServerImport(client::Import import) : import_(std::move(import)) {}

  void on_refused(Refused refused) override {
    import_.on_refused(
        [refused = std::move(refused)](const client::Refusal& refusal) { refused(refusal.record, refusal.why); });
  }
  Result<void> add(const record::Record& record) override {
    records_.push_back(record::copy(record, room_));
    return records_.size() >= records_at_once ? send_records() : Result<void>();
  }
  Result<void> add(const record::Concept& entry) override {
    const auto text = [&](std::string_view word) { return words_.text(word); };
    concepts_.push_back({.code = code(entry.code),
                         .omop_id = text(entry.omop_id),
                         .domain = text(entry.domain),
                         .standard = entry.standard,
                         .valid_from = text(entry.valid_from),
                         .valid_to = text(entry.valid_to)});
    return concepts_.size() >= terms_at_once ? send_terms() : Result<void>();
  }
  Result<void> add(const record::ConceptLink& link) override {
    links_.push_back({.relation = link.relation, .from = code(link.from), .to = code(link.to), .distance = link.distance});
    return links_.size() >= terms_at_once ? send_terms() : Result<void>();
  }
  std::unique_ptr<Part> part() override { return nullptr; }

  Result<Imported> finish() override {
    TRY(send_records());
    TRY(send_terms());
    const client::ImportCounts from = TRY(import_.finish());
    Imported done;
    done.records.records = from.records, done.records.events = from.events;
    done.records.created = from.created, done.records.unchanged = from.unchanged,
    done.records.superseded = from.superseded;
    done.records.hidden = from.hidden, done.records.rejected = from.rejected;
    done.records.equal_rows = from.equal_rows, done.records.clashes = from.clashes;
    done.terminology = {.concepts = from.concepts, .links = from.links};
    return done;
  }

 private:
  static constexpr std::size_t records_at_once = 500, terms_at_once = 2000;

  record::Code code(const record::Code& from) {
    return {words_.text(from.system), words_.text(from.code), words_.text(from.display)};
  }
  Result<void> send_records() {
    TRY(import_.add(records_));
    records_.clear(), room_.clear();
    return {};
  }
  Result<void> send_terms() {
    if (concepts_.empty() && links_.empty()) return {};
    TRY(import_.add(concepts_, links_));
    concepts_.clear(), links_.clear(), words_.clear();
    return {};
  }

  client::Import import_;
  record::Arena room_, words_;
  std::vector<record::Record> records_;
  std::vector<record::Concept> concepts_;
  std::vector<record::ConceptLink> links_;
};

class ServerChanges final : public ChangeReader {
 public:
  explicit ServerChanges(client::Feed feed) : feed_(std::move(feed)) {}

  Result<std::vector<ChangeRow>> next() override {
    // Changes that this session may not see move the position, and tell nothing.
    Position before;
    do {
      before = now_.position;
      now_ = TRY(feed_.next());
    } while (now_.changes.empty() && now_.position != before);
    std::vector<ChangeRow> rows;
    for (const client::Change& change : now_.changes)
      rows.push_back({.shard = change.shard,
                      .commit = change.commit,
                      .recorded = change.recorded,
                      .what = static_cast<engine::FeedEntry::What>(change.what),
                      .patient = {change.patient.system, change.patient.value},
                      .removed = change.removed,
                      .added = change.added,
                      .identifier = {change.identifier.system, change.identifier.value},
                      .other = {change.other.system, change.other.value}});
    return rows;
  }
  const Position& position() const override { return now_.position; }

 private:
  client::Feed feed_;
  client::Changes now_;
};

}  // namespace

Result<std::unique_ptr<ImportSession>> server_import(client::Connection& server, const ImportAsked& asked) {
  return std::unique_ptr<ImportSession>(
      std::make_unique<ServerImport>(TRY(server.import({.source = asked.source, .map_codes = asked.map_codes}))));
}

Result<std::unique_ptr<ChangeReader>> server_changes(client::Connection& server, const std::optional<Position>& since) {
  return std::unique_ptr<ChangeReader>(std::make_unique<ServerChanges>(TRY(server.changes(since.value_or(Position())))));
}

}  // namespace chartline::cli
