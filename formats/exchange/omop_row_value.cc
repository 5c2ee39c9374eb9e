// What an OMOP row was found to be: number, comparator and unit, concept, text.
#include "formats/exchange/cell.h"
#include "formats/exchange/omop_row.h"

namespace chartline::exchange {
namespace {

using record::Code;
using record::Comparator;
using record::Value;
using Role = OmopRole;

// Concepts of OMOP's own that readers have to know; https://athena.ohdsi.org.
constexpr std::int64_t less_concept = 4171756, less_or_equal_concept = 4171754, equal_concept = 4172703,
                       greater_or_equal_concept = 4171755, greater_concept = 4172704;

std::optional<Comparator> comparator_of(std::int64_t concept_id) {
  switch (concept_id) {
    case 0:
    case equal_concept: return Comparator::equal;
    case less_concept: return Comparator::less;
    case less_or_equal_concept: return Comparator::less_or_equal;
    case greater_or_equal_concept: return Comparator::greater_or_equal;
    case greater_concept: return Comparator::greater;
    default: return std::nullopt;
  }
}

}  // namespace

Result<void> OmopRows::set_value() {
  Value& value = draft_.event().value;
  TRY(set_number());
  TRY(set_unit());

  const std::int64_t coded =
      TRY(concept_id(cell(Role::value_concept), field(Role::value_concept), attribute_of(Role::value_concept)));
  if (coded != 0) {
    const Value meant = code_value(code(coded));
    if (value.form == Value::Form::none) value = meant;
    else draft_.attribute(attribute_of(Role::value_concept), meant);
  }

  // Text is kept as it stands, layout included.
  if (!cell(Role::value_text).empty()) {
    const std::string_view text = csv_[*columns_[static_cast<std::size_t>(Role::value_text)]];
    if (value.form == Value::Form::none) value = text_value(text);
    else draft_.text_attribute(attribute_of(Role::value_text), text);
  }

  const std::string_view written = cell(Role::value_source);
  const bool says_the_number = value.form == Value::Form::number && plain_number_cell(written) == value.number;
  if (!written.empty() && !says_the_number) {
    draft_.text_attribute(attribute_of(Role::value_source), written);
    if (value.form == Value::Form::none) value = text_value(written);
  }
  return {};
}

Result<void> OmopRows::set_number() {
  Value& value = draft_.event().value;
  const std::int64_t compared =
      TRY(concept_id(cell(Role::comparator), field(Role::comparator), attribute_of(Role::comparator)));
  if (!cell(Role::number).empty()) {
    if (const auto parsed = plain_number_cell(cell(Role::number))) {
      value = number_value(*parsed);
    } else {
      const NumberFault fault = number_fault(cell(Role::number));
      TRY(report_.repaired(field(Role::number), fault.rule, fault.reason));
      if (record::parse_decimal(cell(Role::number))) value = text_value(cell(Role::number));
      else draft_.text_attribute(attribute_of(Role::number), cell(Role::number));
    }
  }
  if (compared == 0) return {};
  const auto known = comparator_of(compared);
  if (known && value.form == Value::Form::number) value.comparator = *known;
  draft_.attribute(attribute_of(Role::comparator), code_value(code(compared)));
  return {};
}

Result<void> OmopRows::set_unit() {
  Value& value = draft_.event().value;
  const std::string_view written = cell(Role::unit_source);
  const std::int64_t id = TRY(concept_id(cell(Role::unit), field(Role::unit), attribute_of(Role::unit)));
  Code coded;
  if (id != 0) {
    coded = code(id);
    draft_.attribute(attribute_of(Role::unit), code_value(coded));
  }
  if (value.form == Value::Form::number) {
    value.unit = written;
    if (coded.system == "ucum") value.unit = coded.code;
    else if (written.empty()) value.unit = coded.display;
    if (written == value.unit) return {};
  }
  draft_.text_attribute(attribute_of(Role::unit_source), written);
  return {};
}

}  // namespace chartline::exchange
