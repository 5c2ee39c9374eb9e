#include "cli/shell.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/query_paint.h"
#include "cli/query_text.h"
#include "cli/text.h"
#include "query/code_lists.h"
#include "query/token.h"

namespace chartline::cli {
namespace {

constexpr std::array<std::string_view, 6> forms = {"table", "csv", "json", "ndjson", "markdown", "arrow"};
constexpr int read_depth_max = 8;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::span<const Shell::DotCommand> Shell::dot_commands() {
  static constexpr std::array<DotCommand, 9> all = {{
      {".help", "", "this page", &Shell::help},
      {".explain", "[QUERY]", "how a query is run; the last one where none is given", &Shell::explain},
      {".timer", "on|off", "say how long each answer took", &Shell::timer},
      {".mode", "FORM", "the form of answers: table, csv, json, ndjson, markdown, arrow", &Shell::mode},
      {".read", "FILE", "run the file as if it were typed", &Shell::read},
      {".codes", "[NAME]", "the code lists of the store, or the codes of one", &Shell::codes},
      {".cohorts", "[NAME]", "the saved cohorts of the store, or the text of one", &Shell::cohorts},
      {".defined", "", "what has been defined in this shell", &Shell::defined},
      {".quit", "", "leave; so does Ctrl-D", &Shell::quit},
  }};
  return all;
}

void Shell::take(std::string_view line) {
  const std::string_view text = trimmed(line);
  // Within an input a line may go on with `.value`; only a command that there is ends it.
  if (text.starts_with('.') && (input_.empty() || is_dot_command(text))) {
    run_input();
    return note_failure(dot_command(text));
  }
  if (text.empty()) return run_input();
  input_.append(line).append("\n");
  if (is_closed(input_)) run_input();
}

bool Shell::is_dot_command(std::string_view line) {
  const std::string_view name = line.substr(0, line.find_first_of(" \t;"));
  return name == ".exit" || std::ranges::find(dot_commands(), name, &DotCommand::name) != dot_commands().end();
}

void Shell::finish() { run_input(); }

void Shell::give_up_input() { input_.clear(); }

void Shell::run_input() {
  const std::string input = std::exchange(input_, {});
  if (trimmed(input).empty()) return;
  note_failure(ask(input));
}

// A failure is said at once; the first is kept for whoever asks at the end.
void Shell::note_failure(const Result<void>& done) {
  const Result<void> flushed = console_.flush();
  const Result<void>& failed = done ? flushed : done;
  if (failed || console_.reader_gone()) return;
  if (interrupted()) console_.say("interrupted");
  else if (failed.error().fault != wrong_query) print_failure(failed.error(), "shell", console_);
  if (!first_failure_) first_failure_ = failed.error();
  forget_interrupt();
}

// A param of the whole session is given to those inputs that have its name.
query::PrepareOptions Shell::with_params_of(std::string_view text) const {
  query::Complaints ignored;
  const std::vector<query::Token> tokens = query::tokens_of(text, ignored);
  query::PrepareOptions options = asking_.prepare;
  std::erase_if(options.parameters, [&](const auto& parameter) {
    return std::ranges::find(tokens, parameter.first, &query::Token::text) == tokens.end();
  });
  return options;
}

Result<void> Shell::ask(std::string_view input) {
  const auto start = std::chrono::steady_clock::now();
  const Session::Composed composed = session_.compose(input);
  const auto question = TRY(store_.prepare(composed.text, with_params_of(composed.text), asking_.run));
  if (!question->complaints.empty()) {
    console_.say_text(session_.complaint_text(question->complaints, composed, input, console_.err()));
    if (Session::defines_well(composed, question->complaints)) session_.keep(composed);
    return wrong_text(question->complaints.size());
  }
  session_.keep(composed);
  if (question->statements == 0) {
    std::string names;
    for (const Session::Composed::Part& part : composed.parts)
      if (!part.defines.empty()) names += (names.empty() ? "" : ", ") + part.defines;
    if (console_.out().terminal && !names.empty()) console_.note("defined: " + names);
    return {};
  }
  last_asked_ = input;
  TRY(answer(*question, asking_, console_));
  if (!asking_.timer) return {};
  TRY(console_.flush());
  console_.say(timing(start));
  return {};
}

Result<void> Shell::dot_command(std::string_view line) {
  while (line.ends_with(';')) line = trimmed(line.substr(0, line.size() - 1));
  const std::string_view name = line.substr(0, line.find_first_of(" \t"));
  const std::string_view argument = trimmed(line.substr(name.size()));
  if (name == ".exit") return quit(argument);
  for (const DotCommand& command : dot_commands())
    if (command.name == name) return (this->*command.run)(argument);
  std::vector<std::string_view> names;
  for (const DotCommand& command : dot_commands()) names.push_back(command.name);
  const auto near = nearest(name, names);
  return invalid_request(fmt::format("there is no {}{}\n.help lists what there is", name,
                                     near ? fmt::format("; did you mean {}?", *near) : std::string()));
}

Result<void> Shell::help(std::string_view) {
  const Look& look = console_.out();
  std::string out =
      "Ask with a statement, and end it with ; or an empty line. A few to begin with:\n\n" +
      painted_query(
          "  tally any[*] by kind                                          # what the store holds\n"
          "  count exists condition[snomed:44054006] by sex                # people with type 2 diabetes\n"
          "  let a1c = observation[loinc:4548-4]                           # a name for what comes up again\n"
          "  list exists a1c select patient, age(today) as age, (last a1c).value as latest\n"
          "  list exists a1c per a1c select patient, it.date, value\n"
          "  flow exists a1c, age(today) >= 50, (last a1c).value > 6.5 '%'\n"
          "  explain count exists a1c\n",
          look) +
      "\nNames that are defined stay known. Tab completes words, names, systems and fields.\n\n";
  for (const DotCommand& command : dot_commands()) {
    const std::string usage = fmt::format("{} {}", command.name, command.argument);
    out += "  " + paint(pad_right(usage, 20), Ink::cyan, look) + std::string(command.help) + "\n";
  }
  return console_.write(out);
}

Result<void> Shell::explain(std::string_view text) {
  if (text.empty()) text = last_asked_;
  if (text.empty()) return invalid_request(".explain needs a query: nothing has been asked yet");
  const std::string asked = last_asked_;
  const Result<void> done = ask(explaining(text));
  last_asked_ = asked;
  return done;
}

Result<void> Shell::timer(std::string_view argument) {
  if (argument != "on" && argument != "off") return invalid_request(".timer is on or off");
  asking_.timer = argument == "on";
  return {};
}

Result<void> Shell::mode(std::string_view argument) {
  if (argument.empty() || std::ranges::find(forms, argument) == forms.end())
    return invalid_request(".mode is one of " + joined(forms, ", "));
  const Form form = TRY(form_of(argument, Form::table, Typed::yes));
  TRY(check_form(form, console_));
  asking_.form = form;
  return {};
}

Result<void> Shell::read(std::string_view path) {
  if (path.empty()) return invalid_request(".read needs a file");
  if (depth_ == read_depth_max) return invalid_request(".read: the files read one another");
  const std::string text = TRY(read_query_file(std::string(path)));
  ++depth_;
  for (std::string_view rest = text; !rest.empty() && !quits_ && !interrupted();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    take(line);
  }
  finish();
  --depth_;
  return {};
}

Result<void> Shell::codes(std::string_view name) {
  const std::vector<query::CodeList> lists = TRY(store_.code_lists());
  if (name.starts_with('@')) name.remove_prefix(1);
  if (name.empty()) {
    for (const query::CodeList& list : lists) {
      const query::ListVersion* now = list.now();
      if (now)
        TRY(console_.write(
            fmt::format("{}  version {}, codes: {}\n", query::print_list(list.name), now->number, now->entries)));
    }
    return {};
  }
  const auto list = std::ranges::find(lists, name, &query::CodeList::name);
  const query::ListVersion* now = list == lists.end() ? nullptr : list->now();
  if (!now) return not_found("there is no code list of this name\n.codes lists them");
  for (const auto& [entry, carried] : TRY(store_.list_entries(list->name, now->number))) {
    const query::CodeWord code{
        .system = entry.code.system, .is_uri = false, .code = entry.code.code, .reach = entry.reach};
    TRY(console_.write(fmt::format("{}{}{}{}\n", entry.excluded ? "- " : "", query::print(code),
                                   entry.display.empty() ? "" : "  ", entry.display)));
  }
  return {};
}

Result<void> Shell::cohorts(std::string_view name) {
  if (name.empty()) {
    for (const std::string& cohort : TRY(store_.cohorts())) TRY(console_.write(cohort + "\n"));
    return {};
  }
  const auto text = TRY(store_.cohort_text(std::string(name)));
  if (!text) return not_found("there is no saved cohort of this name\n.cohorts lists them");
  return console_.write(painted_query(*text, console_.out()) + (text->ends_with('\n') ? "" : "\n"));
}

Result<void> Shell::defined(std::string_view) {
  for (const Session::Definition& definition : session_.definitions())
    TRY(console_.write(painted_query(definition.text, console_.out()) + "\n"));
  return {};
}

Result<void> Shell::quit(std::string_view) {
  quits_ = true;
  return {};
}

Vocabulary Shell::vocabulary() {
  Vocabulary words;
  for (const DotCommand& command : dot_commands()) words.dot_commands.emplace_back(command.name);
  words.output_forms.assign(forms.begin(), forms.end());
  // What cannot be read now cannot be completed.
  if (auto names = store_.cohorts()) words.cohorts = std::move(*names);
  if (const auto lists = store_.code_lists()) {
    for (const query::CodeList& list : *lists)
      if (list.now()) words.code_lists.push_back(list.name);
  }
  for (const Session::Definition& definition : session_.definitions())
    (definition.text.starts_with("cohort") ? words.cohorts : words.definitions).push_back(definition.name);
  return words;
}

}  // namespace chartline::cli
