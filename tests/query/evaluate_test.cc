// Pages of questions about one made patient. A page's case is the patient, definitions, and questions: lines that begin
// with `?`. Each is answered on a line of its own.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "query/reference/evaluator.h"
#include "query/resolve.h"
#include "tests/query/literal_codes.h"
#include "tests/query/made_person.h"
#include "tests/query/page.h"

namespace chartline::query {
namespace {

std::string told(const Item& item) {
  std::string out = item.start.known() ? record::print(item.start) : "-";
  const bool ends = item.end.form != record::End::Form::point;
  if (ends)
    out +=
        ".." + (item.end.form == record::End::Form::at ? record::print(item.end.at) : std::string(name(item.end.form)));
  if (!item.event) return out + " x" + std::to_string(item.count);
  if (!item.event->code.empty()) out += " " + std::string(item.event->code.code);
  if (item.event->code.empty()) out += " " + std::string(record::name(item.event->kind));
  if (!item.event->record.empty()) out += " (" + std::string(item.event->record) + ")";
  return out;
}

std::string told(const std::vector<Item>& items) {
  std::string out;
  for (const Item& item : items) out += (out.empty() ? "" : " | ") + told(item);
  return out.empty() ? "none" : out;
}

std::string answer_to(const typed::Node& node, Evaluator& evaluator) {
  switch (node.type.basic) {
    case Basic::boolean:
    case Basic::cohort: return std::string(name(evaluator.truth(node)));
    case Basic::event:
    case Basic::events: return told(evaluator.events(node));
    default: {
      const Cell cell = evaluator.cell(node);
      return is_missing(cell) ? "missing" : print(cell);
    }
  }
}

struct Page {
  MadePerson person;
  std::string definitions;
  std::vector<std::string> questions;
  MonthEnd month_end = MonthEnd::roll;
};

void read(std::string_view text, Page& page) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::string_view first = std::string_view(line).substr(0, line.find(' '));
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("? ")) {
      page.questions.push_back(line.substr(2));
    } else if (first == "param" || first == "codes" || first == "let" || first == "cohort") {
      page.definitions += line + "\n";
    } else if (line == "months clamp") {
      page.month_end = MonthEnd::clamp;
    } else {
      page.person.add(line);
    }
  }
}

std::string answers(std::string_view text) {
  Page page;
  read(text, page);
  const Person person = page.person.person();
  LiteralCodes codes(person);
  std::string out;
  for (const std::string& question : page.questions) {
    // What `let` takes is any expression.
    const std::string query = page.definitions + "let answer_ = " + question;
    const Known known{
        .systems = {"visit"}, .code_lists = {}, .any_code_list = false, .cohorts = {}, .assumes_today = false};
    Complaints complaints;
    typed::Query made = compile(query, known, complaints);
    if (!complaints.empty()) {
      out += render(std::move(complaints).sorted(), query);
      continue;
    }
    auto program = link(std::move(made), codes, {.month_end = page.month_end});
    if (!program) return out + "cannot be linked: " + program.error().message;
    Evaluator evaluator(**program);
    evaluator.start(person);
    out += question + " -> " + answer_to(*(*program)->definition("answer_").parts.front(), evaluator) + "\n";
  }
  return out;
}

TEST(Evaluate, Asking) { run_page("evaluate_asking", answers); }
TEST(Evaluate, Times) { run_page("evaluate_times", answers); }
TEST(Evaluate, Intervals) { run_page("evaluate_intervals", answers); }
TEST(Evaluate, Numbers) { run_page("evaluate_numbers", answers); }
TEST(Evaluate, Patient) { run_page("evaluate_patient", answers); }

}  // namespace
}  // namespace chartline::query
