#include "query/units.h"

#include <cmath>

namespace chartline::query {
namespace {

// m g s K mol A [iU] [arb'U]
constexpr Dimension none{};
constexpr Dimension length{1}, mass{0, 1}, duration{0, 0, 1}, temperature{0, 0, 0, 1}, amount{0, 0, 0, 0, 1};
constexpr Dimension volume{3}, pressure{-1, 1, -2}, force{1, 1, -2}, energy{2, 1, -2}, power{2, 1, -3};
constexpr Dimension catalysis{0, 0, -1, 0, 1}, frequency{0, 0, -1}, dose{2, 0, -2};
constexpr Dimension current{0, 0, 0, 0, 0, 1}, voltage{2, 1, -3, 0, 0, -1};
constexpr Dimension international{0, 0, 0, 0, 0, 0, 1}, arbitrary{0, 0, 0, 0, 0, 0, 0, 1};

struct Atom {
  std::string_view text;
  bool metric;  // takes prefixes
  double factor;
  Dimension dimension;
  int equivalents = 0;
};

// Factors to metre, gram, second: a pascal is 1000 g/(m s2).
constexpr Atom atoms[] = {
    {"m", true, 1, length},
    {"g", true, 1, mass},
    {"s", true, 1, duration},
    {"K", true, 1, temperature},
    {"mol", true, 1, amount},
    {"A", true, 1, current},
    {"L", true, 1e-3, volume},
    {"l", true, 1e-3, volume},
    {"t", true, 1e6, mass},
    {"min", false, 60, duration},
    {"h", false, 3600, duration},
    {"d", false, 86'400, duration},
    {"wk", false, 604'800, duration},
    {"mo", false, 2'629'800, duration},  // UCUM: a twelfth of the Julian year
    {"a", false, 31'557'600, duration},
    {"Pa", true, 1e3, pressure},
    {"bar", true, 1e8, pressure},
    {"m[Hg]", true, 133'322'387.415, pressure},
    {"m[H2O]", true, 9806.65e3, pressure},
    {"N", true, 1e3, force},
    {"J", true, 1e3, energy},
    {"cal", true, 4184, energy},
    {"W", true, 1e3, power},
    {"V", true, 1e3, voltage},
    {"Hz", true, 1, frequency},
    {"Gy", true, 1, dose},
    {"Sv", true, 1, dose},
    {"eq", true, 1, amount, 1},
    {"osm", true, 1, amount},
    {"U", true, 1e-6 / 60, catalysis},
    {"kat", true, 1, catalysis},
    {"[iU]", true, 1, international},
    {"[IU]", true, 1, international},
    {"[arb'U]", false, 1, arbitrary},
    {"%", false, 1e-2, none},
    {"[ppth]", false, 1e-3, none},
    {"[ppm]", false, 1e-6, none},
    {"deg", false, 0.017453292519943295, none},
    {"rad", true, 1, none},
    {"[in_i]", false, 0.0254, length},
    {"[ft_i]", false, 0.3048, length},
    {"[lb_av]", false, 453.59237, mass},
    {"[oz_av]", false, 28.349523125, mass},
    {"[stone_av]", false, 6350.29318, mass},
};

struct Prefix {
  std::string_view text;
  double factor;
};
constexpr Prefix prefixes[] = {{"da", 1e1}, {"T", 1e12},  {"G", 1e9},  {"M", 1e6},  {"k", 1e3},
                               {"h", 1e2},  {"d", 1e-1},  {"c", 1e-2}, {"m", 1e-3}, {"u", 1e-6},
                               {"n", 1e-9}, {"p", 1e-12}, {"f", 1e-15}};

Unit unit_of(const Atom& atom, double prefix) {
  return {.factor = prefix * atom.factor, .offset = 0, .dimension = atom.dimension, .equivalents = atom.equivalents};
}

std::optional<Unit> find_atom(std::string_view text) {
  for (const Atom& atom : atoms) {
    if (atom.text == text) return unit_of(atom, 1);
  }
  for (const Prefix& prefix : prefixes) {
    if (!text.starts_with(prefix.text)) continue;
    for (const Atom& atom : atoms) {
      if (atom.metric && atom.text == text.substr(prefix.text.size())) return unit_of(atom, prefix.factor);
    }
  }
  return std::nullopt;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

// term := ['/'] component { ('.' | '/') component }
class UnitParser {
 public:
  explicit UnitParser(std::string_view text) : text_(text) {}

  std::optional<Unit> run() {
    std::optional<Unit> whole = term(0);
    return at_ == text_.size() ? whole : std::nullopt;
  }

 private:
  static constexpr int nesting_max = 8;
  static constexpr int power_max = 9;
  static constexpr int dimension_max = 30;

  bool take(char c) { return at_ < text_.size() && text_[at_] == c && (++at_, true); }

  std::optional<Unit> term(int nesting) {
    Unit product;
    int sign = take('/') ? -1 : 1;
    do {
      const std::optional<Unit> part = component(nesting);
      if (!part) return std::nullopt;
      product.factor *= std::pow(part->factor, sign);
      product.equivalents += sign * part->equivalents;
      for (std::size_t i = 0; i < product.dimension.size(); ++i) {
        const int power = product.dimension[i] + sign * part->dimension[i];
        if (power > dimension_max || power < -dimension_max) return std::nullopt;
        product.dimension[i] = static_cast<std::int8_t>(power);
      }
    } while (take('.') ? (sign = 1, true) : take('/') && (sign = -1, true));
    if (!std::isnormal(product.factor)) return std::nullopt;
    return product;
  }

  // A unit with its power, a number, a term in brackets, or an annotation alone.
  std::optional<Unit> component(int nesting) {
    if (take('(')) {
      if (nesting == nesting_max) return std::nullopt;
      const std::optional<Unit> inner = term(nesting + 1);
      return take(')') ? inner : std::nullopt;
    }
    std::optional<Unit> unit;
    if (at_ < text_.size() && digit(text_[at_])) {
      unit = number();
    } else if (at_ < text_.size() && text_[at_] != '{') {
      unit = powered();
    } else {
      unit = Unit{};
      if (at_ == text_.size()) return std::nullopt;
    }
    if (unit && take('{')) {
      at_ = text_.find('}', at_);
      if (at_ == text_.npos) return at_ = text_.size(), std::nullopt;
      ++at_;
    }
    return unit;
  }

  // 10*9, 10^9, 1000
  std::optional<Unit> number() {
    double value = 0;
    while (at_ < text_.size() && digit(text_[at_])) value = value * 10 + (text_[at_++] - '0');
    if (value == 10 && (take('*') || take('^'))) {
      const std::optional<int> exponent = power();
      return exponent ? std::optional(Unit{.factor = std::pow(10, *exponent), .offset = 0, .dimension = none})
                      : std::nullopt;
    }
    return Unit{.factor = value, .offset = 0, .dimension = none};
  }

  std::optional<Unit> powered() {
    const std::size_t begin = at_;
    bool in_brackets = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '[') in_brackets = true;
      if (c == ']') in_brackets = false;
      if (!in_brackets && (digit(c) || std::string_view("./{}()+-*^").find(c) != std::string_view::npos)) break;
    }
    const std::optional<Unit> atom = find_atom(text_.substr(begin, at_ - begin));
    if (!atom) return std::nullopt;
    take('^');  // kg/m^2 is not UCUM, but how many write it
    const bool has_power = at_ < text_.size() && (digit(text_[at_]) || text_[at_] == '-' || text_[at_] == '+');
    if (!has_power) return text_[at_ - 1] == '^' ? std::nullopt : atom;
    const std::optional<int> exponent = power();
    if (!exponent || std::abs(*exponent) > power_max) return std::nullopt;
    Unit raised{.factor = std::pow(atom->factor, *exponent),
                .offset = 0,
                .dimension = atom->dimension,
                .equivalents = atom->equivalents * *exponent};
    for (std::int8_t& dimension : raised.dimension) {
      if (std::abs(dimension * *exponent) > dimension_max) return std::nullopt;
      dimension = static_cast<std::int8_t>(dimension * *exponent);
    }
    return raised;
  }

  std::optional<int> power() {
    const int sign = take('-') ? -1 : (take('+'), 1);
    if (at_ == text_.size() || !digit(text_[at_])) return std::nullopt;
    int value = 0;
    while (at_ < text_.size() && digit(text_[at_])) {
      value = value * 10 + (text_[at_++] - '0');
      if (value > 30) return std::nullopt;
    }
    return sign * value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

constexpr double ngsp_slope = 0.09148;
constexpr double ngsp_offset = 2.152;

bool is_ratio(const Unit& unit, double factor) {
  return unit.dimension == none && std::abs(unit.factor / factor - 1) < 1e-9;
}

}  // namespace

std::optional<Unit> parse_unit(std::string_view text) {
  constexpr std::size_t length_max = 64;
  if (text.empty() || text.size() > length_max) return std::nullopt;
  if (text == "Cel") return Unit{.factor = 1, .offset = 273.15, .dimension = temperature};
  if (text == "[degF]") return Unit{.factor = 5.0 / 9, .offset = 459.67 * 5 / 9, .dimension = temperature};
  return UnitParser(text).run();
}

std::string_view suggested_unit(std::string_view text) {
  struct Alias {
    std::string_view written, unit;
  };
  static constexpr Alias aliases[] = {
      {"mmHg", "mm[Hg]"},    {"mm Hg", "mm[Hg]"},   {"mmhg", "mm[Hg]"},    {"lb", "[lb_av]"},    {"lbs", "[lb_av]"},
      {"pounds", "[lb_av]"}, {"in", "[in_i]"},      {"inch", "[in_i]"},    {"inches", "[in_i]"}, {"ft", "[ft_i]"},
      {"oz", "[oz_av]"},     {"st", "[stone_av]"},  {"C", "Cel"},          {"degC", "Cel"},      {"F", "[degF]"},
      {"degF", "[degF]"},    {"IU", "[iU]"},        {"iu", "[iU]"},        {"IU/L", "[iU]/L"},   {"IU/mL", "[iU]/mL"},
      {"mcg", "ug"},         {"mcg/L", "ug/L"},     {"cc", "mL"},          {"mg/dl", "mg/dL"},   {"mMol/L", "mmol/L"},
      {"bpm", "/min"},       {"beats/min", "/min"}, {"x10^9/L", "10*9/L"}, {"10e9/L", "10*9/L"}, {"percent", "%"},
      {"year", "a"},         {"years", "a"},        {"day", "d"},          {"days", "d"},        {"hr", "h"},
      {"hour", "h"},         {"sec", "s"},          {"kilo", "kg"},        {"Kg", "kg"},         {"KG", "kg"},
      {"mEq/L", "meq/L"},    {"mOsm/kg", "mosm/kg"}};
  for (const Alias& alias : aliases) {
    if (alias.written == text) return alias.unit;
  }
  return {};
}

Analyte analyte(const record::Code& code) {
  struct Known {
    std::string_view loinc;
    Analyte what;
  };
  static constexpr Analyte a1c{0, true}, glucose{180.156}, cholesterol{386.65}, triglyceride{885.7}, creatinine{113.12};
  static constexpr Analyte urea_nitrogen{28.014}, bilirubin{584.66}, urate{168.11};
  static constexpr Analyte calcium{40.078, false, 2}, magnesium{24.305, false, 2};
  static constexpr Analyte phosphorus{30.974}, iron{55.845}, calcidiol{400.64}, testosterone{288.42}, cortisol{362.46};
  static constexpr Known known[] = {
      {"4548-4", a1c},           {"17856-6", a1c},          {"59261-8", a1c},         {"41995-2", a1c},
      {"4549-2", a1c},           {"2345-7", glucose},       {"2339-0", glucose},      {"1558-6", glucose},
      {"14749-6", glucose},      {"15074-8", glucose},      {"14771-0", glucose},     {"2093-3", cholesterol},
      {"14647-2", cholesterol},  {"2085-9", cholesterol},   {"14646-4", cholesterol}, {"13457-7", cholesterol},
      {"2089-1", cholesterol},   {"18262-6", cholesterol},  {"22748-8", cholesterol}, {"2571-8", triglyceride},
      {"14927-8", triglyceride}, {"2160-0", creatinine},    {"14682-9", creatinine},  {"38483-4", creatinine},
      {"3094-0", urea_nitrogen}, {"6299-2", urea_nitrogen}, {"1975-2", bilirubin},    {"14631-6", bilirubin},
      {"17861-6", calcium},      {"2000-8", calcium},       {"1994-3", calcium},      {"1995-0", calcium},
      {"12180-6", calcium},      {"3084-1", urate},         {"14933-6", urate},       {"19123-9", magnesium},
      {"2601-3", magnesium},     {"2777-1", phosphorus},    {"14879-1", phosphorus},  {"2498-4", iron},
      {"14798-3", iron},         {"1989-3", calcidiol},     {"2986-8", testosterone}, {"14913-8", testosterone},
      {"2143-6", cortisol},      {"14675-3", cortisol}};
  if (code.system != "loinc") return {};
  for (const Known& one : known) {
    if (one.loinc == code.code) return one.what;
  }
  return {};
}

Relation relation(const Unit& from, const Unit& to) {
  if (from.dimension == to.dimension) return Relation::factor;
  // Moles on one side stand for grams on the other.
  const auto in_mass = [](Dimension dimension) {
    dimension[1] = static_cast<std::int8_t>(dimension[1] + dimension[4]);
    dimension[4] = 0;
    return dimension;
  };
  const int moles = from.dimension[4] - to.dimension[4];
  const bool molar = in_mass(from.dimension) == in_mass(to.dimension) && (moles == 1 || moles == -1);
  return molar ? Relation::molar : Relation::none;
}

std::optional<double> convert(double value, const Unit& from, const Unit& to, const Analyte& what) {
  constexpr double percent = 1e-2, per_thousand = 1e-3;
  if (what.haemoglobin_a1c && is_ratio(from, percent) && is_ratio(to, per_thousand))
    return (value - ngsp_offset) / ngsp_slope;
  if (what.haemoglobin_a1c && is_ratio(from, per_thousand) && is_ratio(to, percent))
    return value * ngsp_slope + ngsp_offset;
  double base = value * from.factor + from.offset;
  // Of an ion with two charges an equivalent is half a mole.
  if (from.equivalents != to.equivalents) base *= std::pow(what.charge, to.equivalents - from.equivalents);
  switch (relation(from, to)) {
    case Relation::none: return std::nullopt;
    case Relation::factor: break;
    case Relation::molar:
      if (what.grams_per_mole == 0) return std::nullopt;
      base = from.dimension[4] > to.dimension[4] ? base * what.grams_per_mole : base / what.grams_per_mole;
  }
  return (base - to.offset) / to.factor;
}

}  // namespace chartline::query
