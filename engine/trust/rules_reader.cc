// From the text of a policy, and of the lists it names, to Rules. In the order in which things are named: categories before
// the roles that withhold them, relationships before the roles that rest on them.
#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "engine/trust/lists.h"
#include "engine/trust/rules.h"
#include "engine/trust/toml_table.h"

namespace chartline::engine {
namespace {

constexpr std::int64_t version_read = 1;
constexpr Micros minute = 60'000'000;
constexpr std::int64_t minutes_most = 7 * 24 * 60;
constexpr std::int64_t questions_most = 10'000;
constexpr std::int64_t session_minutes = 60, break_glass_minutes = 30, reason_bytes_min = 10;

class RulesReader {
 public:
  RulesReader(const toml::table& table, std::string_view text, std::string_view origin, const ReadFile& read)
      : top_(table, std::string(origin), ""), read_(read), all_(text) {}

  Result<Rules> rules() {
    const auto version = TRY(top_.number("version", 1, INT32_MAX));
    if (!version) return top_.complaint("version = 1 is missing");
    if (*version != version_read)
      return unsupported(top_.complaint_at("version", "this program reads policies of version 1").message);
    rules_.name = TRY(top_.required_text("name"));
    TRY(read_categories());
    TRY(read_relationships());
    TRY(read_roles());
    TRY(read_projects());
    TRY(read_break_glass());
    TRY(read_hiding());
    TRY(read_opt_outs());
    TRY(read_consents());
    TRY(read_delegates());
    TRY(read_cases());
    TRY(top_.finish());
    rules_.version = rules_.name + " " + hex(hash128(all_)).substr(0, 16);
    return std::move(rules_);
  }

 private:
  // -- what many tables hold
  Result<std::string> file(const TomlTable& table, const std::string& path) {
    Result<std::string> text = read_(path);
    if (!text) return Error{text.error().fault, table.complaint("the file " + path + " cannot be read").message};
    all_ += '\0';
    all_ += *text;
    return text;
  }

  Result<std::uint32_t> kinds(TomlTable& table, std::uint32_t otherwise) {
    if (!table.has("kinds")) return otherwise;
    std::uint32_t found = 0;
    for (const std::string& word : TRY(table.texts("kinds"))) {
      const auto kind = record::parse_kind(word);
      if (!kind) return table.complaint_at("kinds", "one of them is no kind of event");
      found |= 1u << static_cast<unsigned>(*kind);
    }
    return found;
  }

  Result<std::vector<SourceScope>> sources(TomlTable& table) {
    std::vector<SourceScope> all;
    for (TomlTable& one : TRY(table.tables("sources"))) {
      SourceScope& scope = all.emplace_back();
      scope.organisation = TRY(one.text("organisation")).value_or("");
      scope.system = TRY(one.text("system")).value_or("");
      TRY(one.finish());
      if (scope == SourceScope()) return one.complaint("a source has an organisation, a system, or both");
    }
    if (all.empty() && table.has("sources"))
      return table.complaint_at("sources", "an empty list: leave it out for every source");
    return all;
  }

  Result<std::optional<std::vector<PatientName>>> patients(TomlTable& table) {
    const auto path = TRY(table.text("patients_file"));
    if (!path) return std::optional<std::vector<PatientName>>();
    const std::string text = TRY(file(table, *path));
    std::vector<PatientName> all;
    for (const Line& line : lines_of(text, *path)) {
      auto name = parse_patient_name(line.text);
      if (!name) return line.complaint("SYSTEM|VALUE is expected");
      all.push_back(std::move(*name));
    }
    return std::optional(std::move(all));
  }

  Result<CategoryMask> categories(TomlTable& table, std::string_view key) {
    CategoryMask found = 0;
    for (const std::string& word : TRY(table.texts(key))) {
      const auto one = rules_.categories->find(word);
      if (!one) return table.complaint_at(key, "one of them is no category of this policy");
      found |= *one;
    }
    return found;
  }

  Result<Purposes> purposes(TomlTable& table) {
    Purposes found = 0;
    for (const std::string& word : TRY(table.texts("purposes"))) {
      const auto purpose = parse_purpose(word);
      if (!purpose)
        return table.complaint_at("purposes", "'" + word + "' is no purpose: there are " + purpose_names(~Purposes{0}));
      found |= mask(*purpose);
    }
    if (found == 0) return table.complaint("purposes are missing: nothing is granted for none");
    return found;
  }

  Result<Disclosure> disclosure(TomlTable& table) {
    const auto word = TRY(table.text("disclosure"));
    const auto mode = word ? parse_disclosure(*word) : std::nullopt;
    if (!mode || *mode == Disclosure::none)
      return table.complaint(
          "disclosure is one of nhs-hes, opensafely and midpoint6: figures of few people are never given as they are");
    return *mode;
  }

  static Result<Days> days(const Line& line, const std::string& from, const std::string& to) {
    Days days;
    if (!from.empty()) {
      const auto day = parse_day(from);
      if (!day) return line.complaint("from is a date, as in 2026-11-20");
      days.from = *day;
    }
    if (!to.empty()) {
      const auto day = parse_day(to);
      if (!day) return line.complaint("to is a date, as in 2026-11-20");
      days.to = *day;
    }
    if (days.from > days.to) return line.complaint("from is later than to");
    return days;
  }

  static Result<PatientName> patient(const Line& line, const std::string& text) {
    auto name = parse_patient_name(text);
    if (!name) return line.complaint("patient is SYSTEM|VALUE");
    return std::move(*name);
  }

  // -- the tables
  Result<void> read_categories() {
    std::vector<Category> all;
    for (TomlTable& table : TRY(top_.tables("categories"))) {
      Category& one = all.emplace_back();
      one.name = TRY(table.required_text("name"));
      if (one.name == "all") return table.complaint("the name all stands for the whole record");
      if (std::ranges::count(all, one.name, &Category::name) > 1) return table.complaint("the name stands there twice");
      if (all.size() > Categories::categories_max) return table.complaint("there are at most 32 categories");
      one.kinds = TRY(kinds(table, 0));
      for (const std::string& code : TRY(table.texts("codes"))) {
        if (!add_code(one, code)) return table.complaint_at("codes", "SYSTEM|CODE is expected, or SYSTEM|BEGINNING*");
      }
      if (const auto path = TRY(table.text("codes_file"))) {
        const std::string text = TRY(file(table, *path));
        for (const Line& line : lines_of(text, *path)) {
          if (!add_code(one, line.text)) return line.complaint("SYSTEM|CODE is expected, or SYSTEM|BEGINNING*");
        }
      }
      if (one.kinds == 0 && one.codes.empty() && one.prefixes.empty())
        return table.complaint("a category has kinds, codes, or both");
      if (TRY(table.flag("withheld", false))) rules_.withheld |= CategoryMask{1} << (all.size() - 1);
      TRY(table.finish());
    }
    rules_.categories = std::make_shared<const Categories>(std::move(all));
    return {};
  }

  static bool add_code(Category& to, std::string_view text) {
    auto name = parse_patient_name(text);  // of the same form
    if (!name) return false;
    if (name->value.ends_with('*')) {
      name->value.pop_back();
      to.prefixes.emplace_back(std::move(name->system), std::move(name->value));
    } else {
      to.codes.emplace(std::move(name->system), std::move(name->value));
    }
    return true;
  }

  Result<void> read_relationships() {
    for (TomlTable& table : TRY(top_.tables("relationships"))) {
      Relationship& one = rules_.relationships.emplace_back();
      one.name = TRY(table.required_text("name"));
      if (std::ranges::count(rules_.relationships, one.name, &Relationship::name) > 1)
        return table.complaint("the name stands there twice");
      const auto path = TRY(table.text("file"));
      const auto days = TRY(table.number("event_within_days", 1, 36'525));
      if (path.has_value() == days.has_value())
        return table.complaint("a relationship has either a file or event_within_days");
      if (days) {
        one.event_within_days = static_cast<Day>(*days);
        one.kinds = TRY(kinds(table, ~0u));
      } else {
        TRY(read_relations(one, TRY(file(table, *path)), *path));
      }
      TRY(table.finish());
    }
    return {};
  }

  static Result<void> read_relations(Relationship& one, const std::string& text, const std::string& path) {
    for (const ListRow& row : TRY(rows_of(text, path, {{"holder"}, {"patient"}, {"from", false}, {"to", false}}))) {
      if (!is_holder(row.fields[0]))
        return row.line.complaint("holder is user:NAME, team:NAME, organisation:NAME or person:SYSTEM|VALUE");
      PatientName name = TRY(patient(row.line, row.fields[1]));
      const Days held = TRY(days(row.line, row.fields[2], row.fields[3]));
      one.of_holder[row.fields[0]].push_back({.patient = std::move(name), .days = held});
    }
    return {};
  }

  Result<void> read_roles() {
    auto table = TRY(top_.table("roles"));
    if (!table) return top_.complaint("[roles] is missing: nothing would be granted to anybody");
    for (auto& [word, role_table] : TRY(table->named_tables())) {
      const auto role = parse_role(word);
      if (!role) return role_table.complaint("this is no role: there are " + role_names());
      rules_.roles[static_cast<std::size_t>(*role)] = TRY(read_role(*role, role_table));
    }
    return table->finish();
  }

  Result<RoleRules> read_role(Role role, TomlTable& table) {
    const RoleMost most = most_of(role);
    RoleRules one;
    one.purposes = TRY(purposes(table));
    if (one.purposes & ~most.purposes)
      return table.complaint_at("purposes", "the role can have only " + purpose_names(most.purposes));
    one.session = TRY(table.number("session_minutes", 1, minutes_most)).value_or(session_minutes) * minute;
    one.organisations = TRY(table.texts("organisations"));
    if (most.reach == Reach::related) TRY(read_related(one, table));
    if (most.reach != Reach::nobody) {
      one.sources = TRY(sources(table));
      one.withheld = TRY(categories(table, "withheld"));
    }
    if (most.reach == Reach::related || most.reach == Reach::everyone) one.patients = TRY(patients(table));
    if (most.rights & mask(Right::contribute)) one.contribute = TRY(table.flag("contribute", false));
    if (!most.identifiable && most.reach != Reach::nobody) {
      one.disclosure = TRY(disclosure(table));
      one.questions_max = static_cast<std::uint32_t>(TRY(table.number("questions", 1, questions_most)).value_or(0));
      one.question_days = static_cast<std::uint32_t>(TRY(table.number("question_days", 1, 3660)).value_or(30));
    }
    TRY(table.finish());
    return one;
  }

  static std::string role_names() {
    std::string names;
    for (int i = 0; i < role_count; ++i) names.append(i == 0 ? "" : ", ").append(name(static_cast<Role>(i)));
    return names;
  }

  static std::string purpose_names(Purposes purposes) {
    std::string all;
    for (int i = 0; i < purpose_count; ++i) {
      if (purposes >> i & 1) all += (all.empty() ? "" : ", ") + std::string(name(static_cast<Purpose>(i)));
    }
    return all;
  }

  Result<void> read_related(RoleRules& one, TomlTable& table) {
    for (const std::string& word : TRY(table.texts("relationships"))) {
      const auto at = std::ranges::find(rules_.relationships, word, &Relationship::name);
      if (at == rules_.relationships.end())
        return table.complaint_at("relationships", "one of them is no relationship of this policy");
      one.relationships.push_back(static_cast<std::size_t>(at - rules_.relationships.begin()));
    }
    if (one.relationships.empty()) return table.complaint("relationships are missing: without any, nobody is seen");
    return {};
  }

  Result<void> read_projects() {
    auto table = TRY(top_.table("projects"));
    if (!table) return {};
    for (auto& [word, project] : TRY(table->named_tables())) {
      Project one{.name = word};
      one.members = TRY(project.texts("members"));
      one.checkers = TRY(project.texts("checkers"));
      one.days.from = TRY(project.day("from")).value_or(INT32_MIN);
      one.days.to = TRY(project.day("to")).value_or(INT32_MAX);
      one.sources = TRY(sources(project));
      one.patients = TRY(patients(project));
      TRY(project.finish());
      if (one.members.empty()) return project.complaint("members are missing");
      if (one.days.from > one.days.to) return project.complaint("from is later than to");
      rules_.projects.emplace(word, std::move(one));
    }
    return table->finish();
  }

  Result<void> read_break_glass() {
    auto table = TRY(top_.table("break_glass"));
    if (!table) return {};
    BreakGlass one;
    for (const std::string& word : TRY(table->texts("roles"))) {
      const auto role = parse_role(word);
      const bool may = role && most_of(*role).reach == Reach::related && rules_.roles[static_cast<std::size_t>(*role)];
      if (!may)
        return table->complaint_at("roles", "one of them rests on no relationship, or is not granted by this policy");
      one.roles |= 1u << static_cast<unsigned>(*role);
    }
    if (one.roles == 0) return table->complaint("roles are missing");
    one.session = TRY(table->number("minutes", 1, 24 * 60)).value_or(break_glass_minutes) * minute;
    one.reason_bytes_min =
        static_cast<std::size_t>(TRY(table->number("reason_length_min", 1, 1'000)).value_or(reason_bytes_min));
    one.overrides_consent = TRY(table->flag("overrides_consent", false));
    rules_.break_glass = one;
    return table->finish();
  }

  Result<void> read_hiding() {
    auto table = TRY(top_.table("deidentification"));
    if (!table) return {};
    Hiding one{.key_file = TRY(table->required_text("key_file"))};
    const std::string dates = TRY(table->text("dates")).value_or("shifted");
    using Dates = DeidentificationRules::Dates;
    if (dates != "shifted" && dates != "month" && dates != "year")
      return table->complaint_at("dates", "dates are shifted, or given by month or by year");
    one.rules.dates = dates == "shifted" ? Dates::shifted : dates == "month" ? Dates::month : Dates::year;
    one.rules.shift_days_max = static_cast<std::uint32_t>(TRY(table->number("shift_days_max", 7, 3650)).value_or(365));
    one.rules.keeps_sources = TRY(table->flag("sources", true));
    for (const std::string& code : TRY(table->texts("left_out_codes"))) {
      const auto parts = parse_patient_name(code);
      if (!parts) return table->complaint_at("left_out_codes", "a code is written SYSTEM|CODE");
      one.rules.left_out_codes.emplace(parts->system, parts->value);
    }
    for (TomlTable& cut : TRY(table->tables("cut_attributes"))) {
      const std::string name = TRY(cut.required_text("name"));
      const auto bytes = TRY(cut.number("length", 1, 8));
      if (!bytes) return cut.complaint("length is missing: how many characters stay");
      one.rules.cut_attributes.emplace(name, static_cast<std::size_t>(*bytes));
      TRY(cut.finish());
    }
    TRY(table->finish());
    Result<std::string> key = read_(one.key_file);  // part of no hash that is shown
    if (!key) return Error{key.error().fault, table->complaint("the file " + one.key_file + " cannot be read").message};
    one.secret = TRY(ProjectKey::parse_secret(*key, one.key_file));
    rules_.hiding = std::move(one);
    return {};
  }

  Result<void> read_opt_outs() {
    auto table = TRY(top_.table("opt_outs"));
    const bool needed = rules_.roles[static_cast<std::size_t>(Role::planner)] ||
                        rules_.roles[static_cast<std::size_t>(Role::researcher)];
    if (!table) {
      if (needed) return top_.complaint("[opt_outs] is missing: planning and research need it, or none = true in it");
      return {};
    }
    if (TRY(table->flag("none", false))) return table->finish();
    const std::string path = TRY(table->required_text("file")), key_path = TRY(table->required_text("key_file"));
    const std::string system = TRY(table->required_text("system"));
    const auto valid = TRY(table->number("valid_days", 1, 366));
    if (!valid) return table->complaint("valid_days is missing: a set that is older says nothing");
    rules_.opt_out_purposes = TRY(purposes(*table));
    TRY(table->finish());
    Result<std::string> key = read_(key_path);  // part of no hash that is shown
    if (!key) return Error{key.error().fault, table->complaint("the file " + key_path + " cannot be read").message};
    while (key->ends_with('\n') || key->ends_with('\r')) key->pop_back();
    rules_.opt_outs = TRY(OptOuts::parse(TRY(file(*table, path)), path, system, *key, static_cast<Day>(*valid)));
    return {};
  }

  Result<CategoryMask> category(const Line& line, const std::string& word, bool& all) {
    all = word == "all";
    if (all) return CategoryMask{0};
    const auto found = rules_.categories->find(word);
    if (!found) return line.complaint("category is all, or one of this policy");
    return *found;
  }

  Result<void> read_consents() {
    auto table = TRY(top_.table("consents"));
    if (!table) return {};
    const std::string path = TRY(table->required_text("file"));
    TRY(table->finish());
    const std::string text = TRY(file(*table, path));
    for (const ListRow& row : TRY(rows_of(
             text, path, {{"patient"}, {"category"}, {"decision"}, {"from", false}, {"to", false}, {"purpose", false}}))) {
      PatientName name = TRY(patient(row.line, row.fields[0]));
      Consent one;
      one.categories = TRY(category(row.line, row.fields[1], one.all));
      one.granted = row.fields[2] == "granted";
      if (!one.granted && row.fields[2] != "refused") return row.line.complaint("decision is granted or refused");
      one.days = TRY(days(row.line, row.fields[3], row.fields[4]));
      if (!row.fields[5].empty()) {
        one.purpose = parse_purpose(row.fields[5]);
        if (!one.purpose) return row.line.complaint("purpose is none that there is");
      }
      rules_.consents[std::move(name)].push_back(one);
    }
    return {};
  }

  Result<void> read_delegates() {
    auto table = TRY(top_.table("delegates"));
    if (!table) return {};
    const std::string path = TRY(table->required_text("file"));
    TRY(table->finish());
    const std::string text = TRY(file(*table, path));
    for (const ListRow& row :
         TRY(rows_of(text, path, {{"patient"}, {"holder"}, {"category"}, {"from", false}, {"to", false}}))) {
      Delegation one{.patient = TRY(patient(row.line, row.fields[0]))};
      if (!is_holder(row.fields[1]))
        return row.line.complaint("holder is user:NAME, team:NAME, organisation:NAME or person:SYSTEM|VALUE");
      one.categories = TRY(category(row.line, row.fields[2], one.all));
      one.days = TRY(days(row.line, row.fields[3], row.fields[4]));
      rules_.delegations[row.fields[1]].push_back(std::move(one));
    }
    return {};
  }

  // -- the policy's own tests
  Result<void> read_cases() {
    for (TomlTable& table : TRY(top_.tables("test"))) {
      PolicyCase& one = rules_.cases.emplace_back();
      one.line = table.line();
      one.name = TRY(table.text("name")).value_or("line " + std::to_string(one.line));
      one.claims.user = TRY(table.required_text("user"));
      one.claims.roles = TRY(table.texts("roles"));
      one.claims.organisation = TRY(table.text("organisation")).value_or("");
      one.claims.teams = TRY(table.texts("teams"));
      one.claims.patient = TRY(table.text("person")).value_or("");
      one.request.role = TRY(table.required_text("role"));
      one.request.purpose = TRY(table.required_text("purpose"));
      one.request.project = TRY(table.text("project")).value_or("");
      one.request.reason = TRY(table.text("reason")).value_or("");
      one.request.patient = TRY(table.text("break_glass_for")).value_or("");
      if (one.claims.roles.empty()) one.claims.roles = {one.request.role};
      one.on = TRY(table.day("on"));
      one.patient = TRY(table.text("patient")).value_or("");
      if (!one.patient.empty() && !parse_patient_name(one.patient))
        return table.complaint_at("patient", "SYSTEM|VALUE is expected");
      TRY(read_expect(one, table));
      TRY(table.finish());
    }
    for (TomlTable& table : TRY(top_.tables("test_event"))) {
      PolicyCaseEvent& one = rules_.case_events.emplace_back();
      one.patient = TRY(table.required_text("patient"));
      if (!parse_patient_name(one.patient)) return table.complaint_at("patient", "SYSTEM|VALUE is expected");
      one.organisation = TRY(table.text("organisation")).value_or("");
      one.system = TRY(table.text("system")).value_or("");
      const auto kind = record::parse_kind(TRY(table.text("kind")).value_or("encounter"));
      if (!kind) return table.complaint_at("kind", "this is no kind of event");
      one.kind = *kind;
      if (const auto code = TRY(table.text("code"))) {
        const auto name = parse_patient_name(*code);
        if (!name) return table.complaint_at("code", "SYSTEM|CODE is expected");
        one.code_system = name->system, one.code = name->value;
      }
      const auto day = TRY(table.day("on"));
      if (!day) return table.complaint("on is missing");
      one.on = *day;
      TRY(table.finish());
    }
    return {};
  }

  Result<void> read_expect(PolicyCase& one, TomlTable& table) {
    using enum PolicyCase::Expect;
    const std::string word = TRY(table.required_text("expect"));
    if (word == "sees") {
      one.expect = sees;
    } else if (word == "sees_in_part") {
      one.expect = sees_in_part;
    } else if (word == "unknown") {
      one.expect = unknown;
    } else if (word == "granted") {
      one.expect = granted;
    } else if (word == "denied") {
      one.expect = denied;
    } else {
      return table.complaint_at("expect", "sees, sees_in_part, unknown, granted or denied is expected");
    }
    const bool of_patient = one.expect == sees || one.expect == sees_in_part || one.expect == unknown;
    if (of_patient && one.patient.empty()) return table.complaint("patient is missing: " + word + " is said of one");
    if (table.has("withheld")) {
      (void)TRY(categories(table, "withheld"));
      one.withheld = TRY(table.texts("withheld"));
      if (one.expect != sees_in_part) return table.complaint_at("withheld", "it goes with expect = \"sees_in_part\"");
    }
    if (table.has("rights")) {
      one.rights = TRY(table.texts("rights"));
      for (const std::string& right : *one.rights) {
        if (!parse_right(right)) return table.complaint_at("rights", "one of them is no right");
      }
    }
    return {};
  }

  TomlTable top_;
  const ReadFile& read_;
  std::string all_;  // that was read, for the hash
  Rules rules_;
};

}  // namespace

std::optional<PatientName> parse_patient_name(std::string_view text) {
  const std::size_t bar = text.find('|');
  if (bar == std::string_view::npos || bar == 0 || bar + 1 == text.size()) return std::nullopt;
  return PatientName{.system = std::string(text.substr(0, bar)), .value = std::string(text.substr(bar + 1))};
}

bool is_holder(std::string_view text) {
  for (const std::string_view form : {"user:", "team:", "organisation:"}) {
    if (text.starts_with(form)) return text.size() > form.size();
  }
  constexpr std::string_view person = "person:";
  return text.starts_with(person) && parse_patient_name(text.substr(person.size()));
}

std::vector<std::string> holders_of(const Claims& claims) {
  std::vector<std::string> all = {"user:" + claims.user};
  for (const std::string& team : claims.teams) all.push_back("team:" + team);
  if (!claims.organisation.empty()) all.push_back("organisation:" + claims.organisation);
  if (!claims.patient.empty()) all.push_back("person:" + claims.patient);
  return all;
}

Result<Rules> read_rules(std::string_view text, std::string_view origin, const ReadFile& read) {
  try {
    const toml::table table = toml::parse(text, origin);
    return RulesReader(table, text, origin, read).rules();
  } catch (const toml::parse_error& error) {
    return invalid_request(std::string(origin) + ": line " + std::to_string(error.source().begin.line) +
                           ": this is not TOML");
  }
}

}  // namespace chartline::engine
