// The columns of each statement.
#include <set>
#include <string>
#include <utility>

#include "query/event_cells.h"
#include "query/findings.h"
#include "query/vectorised/explain.h"

namespace chartline::query {

using typed::Op;

namespace {

ResultColumn column_of(std::string name, const typed::Node& value) {
  ResultColumn column{.name = std::move(name), .form = ColumnForm::any, .unit = ""};
  switch (value.op) {
    case Op::age:
    case Op::year_of:
    case Op::count:
    case Op::distinct: return column.form = ColumnForm::integer, column;
    default: break;
  }
  switch (value.type.basic) {
    case Basic::boolean:
    case Basic::cohort: column.form = ColumnForm::truth; break;
    case Basic::number:
      // What an event carries need not be a number.
      if (value.type.measure == Type::Measure::recorded) break;
      column.form = ColumnForm::number;
      column.unit = value.type.unit;
      break;
    case Basic::date:
    case Basic::instant:
    case Basic::event: column.form = ColumnForm::time; break;
    case Basic::text:
    case Basic::word:
    case Basic::code: column.form = ColumnForm::text; break;
    default: break;
  }
  return column;
}

ResultColumn whole(std::string name) { return {.name = std::move(name), .form = ColumnForm::integer, .unit = ""}; }
ResultColumn number(std::string name) { return {.name = std::move(name), .form = ColumnForm::number, .unit = ""}; }
ResultColumn text(std::string name) { return {.name = std::move(name), .form = ColumnForm::text, .unit = ""}; }
ResultColumn time(std::string name) { return {.name = std::move(name), .form = ColumnForm::time, .unit = ""}; }

class Columns {
 public:
  Columns(const typed::Node& statement, const Program& program) : statement_(statement), program_(program) {}

  std::vector<ResultColumn> made() {
    switch (statement_.op) {
      case Op::count_patients: return add_groups(1), add({whole("patients")}), made_;
      case Op::tally: return add_groups(1), add({whole("events")}), made_;
      case Op::flow: return {whole("step"), text("condition"), whole("patients"), whole("lost")};
      case Op::measure:
        add({time("interval_start"), time("interval_end")});
        add_groups(2);
        return add({whole("numerator"), whole("denominator"), number("ratio")}), made_;
      case Op::incidence:
        add_groups(1);
        return add({whole("persons"), whole("events"), number("person_years"), number("rate"), number("low"),
                    number("high")}),
               made_;
      case Op::survival:
        add_groups(1);
        return add({whole("day"), whole("at_risk"), whole("events"), whole("censored"), number("survival")}), made_;
      case Op::rows: return add_list(), made_;
      case Op::events_in: return add({text("patient")}), add(event_columns()), made_;
      case Op::explain:
      case Op::explain_analyze: return add(explain_columns()), made_;
      case Op::why: return add({text("clause"), text("answer")}), add(event_columns()), made_;
      default: return {};
    }
  }

 private:
  void add(const std::vector<ResultColumn>& columns) { made_.insert(made_.end(), columns.begin(), columns.end()); }

  void add_groups(std::size_t part) {
    for (const typed::Ptr& group : statement_.parts[part]->parts)
      made_.push_back(column_of(program_.printed(*group), *group));
  }

  void add_list() {
    for (const typed::Ptr& part : statement_.parts) {
      if (part->op == Op::column) made_.push_back(column_of(std::get<std::string>(part->data), *part->parts.front()));
    }
    if (!made_.empty()) return;
    add({text("patient")});
    const auto* index = std::get_if<typed::Named>(&statement_.parts.front()->data);
    if (statement_.parts.size() > 1) {
      add({time("date"), text("code"), {.name = "value", .form = ColumnForm::any, .unit = ""}});
    } else if (statement_.parts.front()->op == Op::in_cohort && index && index->slot) {
      add({time("start"), time("end")});
    }
  }

  const typed::Node& statement_;
  const Program& program_;
  std::vector<ResultColumn> made_;
};

// Rows go out as objects too, in which a name stands once.
void tell_apart(std::vector<ResultColumn>& columns) {
  std::set<std::string> names;
  for (const ResultColumn& column : columns) names.insert(column.name);
  std::set<std::string> met;
  for (ResultColumn& column : columns) {
    std::string name = column.name;
    for (int i = 2; met.contains(name) || (name != column.name && names.contains(name)); ++i)
      name = column.name + "_" + std::to_string(i);
    met.insert(name);
    column.name = std::move(name);
  }
}

std::string_view word_of(Op op) {
  switch (op) {
    case Op::count_patients: return "count";
    case Op::rows: return "list";
    case Op::events_in: return "events";
    case Op::explain_analyze: return "explain";
    default: return typed::name(op);
  }
}

}  // namespace

const typed::Node& without_as_of(const typed::Node& statement) {
  const typed::Node* of = &statement;
  while (of->op == Op::as_of) of = of->parts.back().get();
  return *of;
}

bool gives_rows(const typed::Node& statement) { return statement.op == Op::rows || statement.op == Op::events_in; }

Schema schema_of(const typed::Node& statement, const Program& program) {
  const typed::Node& of = without_as_of(statement);
  Schema schema{.statement = std::string(word_of(of.op)),
                .text = program.printed(statement),
                .columns = Columns(of, program).made()};
  tell_apart(schema.columns);
  return schema;
}

}  // namespace chartline::query
