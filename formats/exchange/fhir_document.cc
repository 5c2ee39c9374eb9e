#include "formats/exchange/fhir_document.h"

#include <algorithm>

namespace chartline::exchange::fhir {
namespace {

using record::Identifier;

constexpr std::string_view system_name = "fhir";
constexpr std::string_view white_space = " \t\r\n";

std::string scope_of(const ReadOptions& options) {
  return options.source.empty() ? std::string(system_name) : std::string(system_name).append(":").append(options.source);
}

bool is_type_name(std::string_view word) {
  return !word.empty() && word[0] >= 'A' && word[0] <= 'Z' &&
         std::ranges::all_of(word, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

// One that is fit to be told in a place: a FHIR element's, or an extended one's.
bool is_field_name(std::string_view key) {
  constexpr std::size_t longest = 64;
  return key.size() <= longest && std::ranges::all_of(key, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// Servers add "#" and the number of a request to meta.source: not part of who said so.
std::string_view without_fragment(std::string_view uri) { return uri.substr(0, uri.find('#')); }

std::string entry_field(std::size_t index) { return "Bundle.entry[" + std::to_string(index) + "]"; }

}  // namespace

DocumentReader::DocumentReader(const ReadOptions& options) : options_(options), references_(scope_of(options)) {}

const std::vector<Outcome>& DocumentReader::read(const Document& document) {
  outcomes_.clear();
  lives_.clear();
  bases_.clear();
  arena_.clear();
  document_ = &document;
  counted_line_ = document.line;
  counted_to_ = document.bytes.data();

  if (document.lines) read_lines(document);
  else if (document.fault.empty()) read_value(document.text(), 0, 0);
  if (!document.fault.empty()) reject(document.text().substr(document.size), "", document.fault_rule, document.fault);
  return outcomes_;
}

void DocumentReader::read_lines(const Document& document) {
  auto left = document.text();
  for (std::uint64_t line = document.line; !left.empty(); ++line) {
    const auto end = left.find('\n');
    const auto text = left.substr(0, end);
    if (text.find_first_not_of(white_space) != std::string_view::npos) read_value(text, line, 0);
    left = end == std::string_view::npos ? std::string_view{} : left.substr(end + 1);
  }
}

void DocumentReader::read_value(std::string_view json, std::uint64_t sequence, int depth) {
  if (bundles_.size() <= static_cast<std::size_t>(depth)) bundles_.push_back(std::make_unique<Bundle>());
  Bundle& bundle = *bundles_[static_cast<std::size_t>(depth)];
  if (bundle.split(json)) return read_bundle(bundle, json, sequence, depth);
  references_.enter(nullptr);
  read_resource(json, {}, sequence);
}

void DocumentReader::read_bundle(const Bundle& bundle, std::string_view json, std::uint64_t sequence, int depth) {
  const std::vector<Entry>& entries = bundle.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    // What was said last is read last, so that it counts.
    const std::size_t place = bundle.is_history() ? entries.size() - 1 - i : i;
    const Entry& entry = entries[place];
    references_.enter(&bundle);
    tell_base(entry, place);
    if (entry.refusal != nullptr)
      reject(entry.at, entry_field(place).append(entry.refusal->field), entry.refusal->rule,
             std::string(entry.refusal->reason));
    else if (entry.type != "Bundle") read_resource(entry.json, entry.id, sequence + place);
    else if (depth + 1 < nested_bundles_max) read_value(entry.json, sequence + place, depth + 1);
    else reject(entry.at, entry_field(place).append(".resource"), "too_deep", "bundles are nested too deeply");
  }
  if (bundle.has_no_list()) reject(json, "Bundle.entry", "not_fhir", "the bundle's entry is no list of entries");
  if (bundle.fault())
    reject(json.substr(json.size()), "Bundle.entry", "not_json",
           std::string("reading the bundle stopped early: ").append(*bundle.fault()));
}

void DocumentReader::tell_base(const Entry& entry, std::size_t index) {
  const auto base = base_of(entry.full_url);
  if (base.empty() || bases_.size() == bases_max || std::ranges::find(bases_, base) != bases_.end()) return;
  bases_.push_back(arena_.text(base));
  outcomes_.emplace_back(Base{bases_.back(), place(entry.at, entry_field(index).append(".fullUrl"))});
}

void DocumentReader::read_resource(std::string_view json, std::string_view known_id, std::uint64_t sequence) {
  simdjson::dom::element root;
  // The document is padded, so that more readable bytes follow any part of it.
  const std::string_view text = mark_long_numbers(json, marked_) ? std::string_view(marked_) : json;
  if (const auto error = parser_.parse(text.data(), text.size(), false).get(root); error != simdjson::SUCCESS)
    return reject(json, "", "not_json", std::string("it cannot be read as JSON: ").append(json_fault(error)));
  const Node resource{root};
  const auto type = resource["resourceType"].text();
  if (!is_type_name(type))
    return reject(json, "resourceType", "not_fhir", "it is JSON but no FHIR resource: it names no resourceType");
  const auto field_of = [&](std::string_view key) { return std::string(type).append(".").append(key); };
  if (const auto key = resource.repeated_key(); !key.empty())
    return reject(json, is_field_name(key) ? field_of(key) : std::string(type), "duplicate_key",
                  "a field stands twice in it: which of them is meant is not known");
  if (resource["id"] && !resource["id"].is_text())
    return reject(json, field_of("id"), "bad_id", "its id is no text, so that nothing can refer to it for certain");
  const auto own_id = resource["id"].text();
  const auto id = own_id.empty() ? known_id : own_id;

  Elements elements(arena_, options_.zone);
  const auto name = id.empty() ? std::string_view{} : arena_.text(std::string(type).append("/").append(id));
  references_.enter(resource, name.empty() ? type : name);
  Draft draft{resource, type, shape(type), elements, references_, {}, {}, {}, {}, {}};
  draft.common.kind = draft.shape.kind;
  draft.common.record = name;
  draft.common.sequence = sequence;
  const Node meta = resource["meta"];
  const Node version = meta["versionId"];
  draft.common.version = elements.text(version ? version.text() : meta["lastUpdated"].text());
  draft.common.source.system = system_name;
  if (!options_.source.empty()) draft.common.source.organisation = options_.source;
  else if (const auto source = without_fragment(meta["source"].text()); !source.empty())
    draft.common.source.organisation = elements.text(source);
  else draft.common.source.organisation = system_name;
  draft_events(draft);
  write_record(draft, json);
}

// Puts the first of the identifiers in front; false if the resource is a person without any name.
bool DocumentReader::find_person(Draft& draft) {
  if (draft.type == "Patient") {
    const auto id = draft.common.record;
    if (!id.empty())
      draft.identifiers.insert(draft.identifiers.begin(), Identifier{references_.scope(), id.substr(id.find('/') + 1)});
    return !draft.identifiers.empty();
  }
  std::optional<Identifier> person;
  bool named = false;
  any_path(draft.shape.subject, [&](std::string_view path) {
    at_all(draft.resource, path, [&](Node reference) {
      named = named || reference["reference"] || reference["identifier"];
      if (!person) person = references_.person(reference, draft.elements, draft.field(path));
    });
    return person.has_value();
  });
  if (!person && !named && draft.shape.kind != record::Kind::other)
    draft.elements.note(draft.field("subject"), "no_patient",
                        "it does not say whose it is; it is kept apart from all patients");
  draft.identifiers.assign(1, person ? *person : references_.no_person());
  return true;
}

void DocumentReader::write_record(Draft& draft, std::string_view json) {
  if (!find_person(draft))
    return reject(json, "Patient.id", "no_identity", "a Patient has neither an id nor an identifier with a system");
  if (!draft.parts.empty() && draft.common.record.empty())
    return reject(json, draft.field("id"), "no_id", "it says several things, and has no id that holds them together");
  for (Note& note : draft.elements.take_notes())
    outcomes_.emplace_back(Problem{Problem::Outcome::repaired, place(json, std::move(note.field)),
                                   std::string(note.rule), std::string(note.reason)});
  if (draft.elements.zone_was_needed()) outcomes_.emplace_back(Defaulted{"zone"});
  check_life(draft);
  std::vector<record::Event>& events = draft.parts;
  events.insert(events.begin(), draft.first);
  // What is nobody's stands in many bundles, each time at another place: the place is no part of what it says.
  if (draft.identifiers.front().value == references_.no_person().value)
    for (record::Event& event : events) event.sequence = 0;
  record::Record record;
  record.identifiers = arena_.array(draft.identifiers);
  record.events = arena_.array(events);
  if (options_.keep_originals) record.original = json;
  outcomes_.emplace_back(record);
  add_terminology(draft.resource, draft.elements, references_.scope(), outcomes_);
}

// Counts what starts before its patient's birth or after the death, where the Patient stands before it in the document.
void DocumentReader::check_life(const Draft& draft) {
  const auto id = draft.identifiers.front().value;
  if (draft.type == "Patient") {
    Life life;
    for (const record::Attribute& attribute : draft.first.attributes) {
      if (attribute.name == record::attribute::birth) life.birth = attribute.value.date;
      if (attribute.name == record::attribute::death) life.death = attribute.value.date;
    }
    lives_[id] = life;
    return;
  }
  const auto life = lives_.find(id);
  if (life == lives_.end() || draft.shape.kind == record::Kind::other) return;
  if (is_before_birth(life->second, draft.first.start)) outcomes_.emplace_back(Impossible{"before_birth"});
  if (is_after_death(life->second, draft.first.start)) outcomes_.emplace_back(Impossible{"after_death"});
}

void DocumentReader::reject(std::string_view json, std::string_view field, std::string_view rule, std::string reason) {
  outcomes_.emplace_back(
      Problem{Problem::Outcome::rejected, place(json, std::string(field)), std::string(rule), std::move(reason)});
}

Place DocumentReader::place(std::string_view at, std::string field) {
  if (at.data() < counted_to_) {  // an enclosing value, named after what it holds
    counted_line_ = document_->line;
    counted_to_ = document_->bytes.data();
  }
  counted_line_ += static_cast<std::uint64_t>(std::count(counted_to_, at.data(), '\n'));
  counted_to_ = at.data();
  return {document_->file, counted_line_, std::move(field)};
}

}  // namespace chartline::exchange::fhir
