#include "cli/session.h"

#include <algorithm>
#include <functional>
#include <set>

#include "cli/complaints.h"
#include "query/parse.h"
#include "query/token.h"
#include "query/tree.h"

namespace chartline::cli {
namespace {

namespace tree = query::tree;

std::string defined_by(const tree::Statement& statement) {
  return std::visit(
      [](const auto& form) -> std::string {
        using Form = std::decay_t<decltype(form)>;
        if constexpr (std::is_same_v<Form, tree::Param> || std::is_same_v<Form, tree::Codes> ||
                      std::is_same_v<Form, tree::Let> || std::is_same_v<Form, tree::Cohort>)
          return form.name;
        else return {};
      },
      statement.form);
}

// One definition or statement on its way into the text.
struct Piece {
  std::string text;
  Session::Composed::Part part;
  std::set<std::string> words;  // which may be names of definitions
  const std::string& name() const { return part.name.empty() ? part.defines : part.name; }
};

Piece piece_of(std::string_view text, Session::Composed::Part part) {
  Piece piece{std::string(text), std::move(part), {}};
  query::Complaints ignored;
  for (const query::Token& token : query::tokens_of(text, ignored))
    if (token.form == query::Token::Form::word) piece.words.insert(token.text);
  return piece;
}

// Each behind those that define words of it; otherwise in the order given. A circle is left for the resolver to see.
std::vector<const Piece*> in_order(const std::vector<Piece>& pieces) {
  std::vector<const Piece*> out;
  std::set<const Piece*> seen;
  const std::function<void(const Piece&)> place = [&](const Piece& piece) {
    if (!seen.insert(&piece).second) return;
    for (const Piece& other : pieces)
      if (&other != &piece && !other.name().empty() && piece.words.contains(other.name())) place(other);
    out.push_back(&piece);
  };
  for (const Piece& piece : pieces)
    if (!piece.name().empty()) place(piece);
  for (const Piece& piece : pieces)
    if (piece.name().empty()) place(piece);
  return out;
}

}  // namespace

Session::Composed Session::compose(std::string_view input) const {
  query::Complaints complaints;
  const tree::Query parsed = query::parse(input, complaints);
  if (!complaints.empty() || parsed.statements.empty()) {
    const auto bytes = static_cast<std::uint32_t>(input.size());
    return {std::string(input), {{.begin = 0, .end = bytes, .name = {}, .input_begin = 0, .defines = {}}}};
  }
  std::vector<Piece> own;
  std::set<std::string> redefined;
  for (const tree::Statement& statement : parsed.statements) {
    const std::string name = defined_by(statement);
    if (!name.empty()) redefined.insert(name);
    own.push_back(piece_of(input.substr(statement.span.begin, statement.span.end - statement.span.begin),
                           {.begin = 0, .end = 0, .name = {}, .input_begin = statement.span.begin, .defines = name}));
  }
  std::vector<Piece> kept;
  for (const Definition& definition : definitions_)
    if (!redefined.contains(definition.name))
      kept.push_back(
          piece_of(definition.text, {.begin = 0, .end = 0, .name = definition.name, .input_begin = 0, .defines = {}}));

  // What the input needs, and what that needs.
  std::vector<Piece> pieces = std::move(own);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (Piece& piece : kept) {
      if (piece.text.empty() || !pieces[i].words.contains(piece.part.name)) continue;
      Piece moved = std::move(piece);
      piece.text.clear();
      pieces.push_back(std::move(moved));
    }
  }
  // Earlier definitions stand first where nothing else decides.
  std::ranges::stable_partition(pieces, [](const Piece& piece) { return !piece.part.name.empty(); });

  Composed composed;
  for (const Piece* piece : in_order(pieces)) {
    Composed::Part part = piece->part;
    part.begin = static_cast<std::uint32_t>(composed.text.size());
    composed.text += piece->text;
    part.end = static_cast<std::uint32_t>(composed.text.size());
    composed.text += '\n';
    composed.parts.push_back(std::move(part));
  }
  return composed;
}

bool Session::defines_well(const Composed& composed, std::span<const query::Complaint> complaints) {
  return std::ranges::all_of(complaints, [&](const query::Complaint& complaint) {
    return std::ranges::any_of(composed.parts, [&](const Composed::Part& part) {
      const bool answers = part.name.empty() && part.defines.empty();
      return answers && complaint.span.begin >= part.begin && complaint.span.begin <= part.end;
    });
  });
}

void Session::keep(const Composed& composed) {
  for (const Composed::Part& part : composed.parts) {
    if (part.defines.empty()) continue;
    std::string text = composed.text.substr(part.begin, part.end - part.begin);
    const auto found = std::ranges::find(definitions_, part.defines, &Definition::name);
    if (found == definitions_.end()) definitions_.push_back({part.defines, std::move(text)});
    else found->text = std::move(text);
  }
}

std::string Session::complaint_text(std::span<const query::Complaint> complaints, const Composed& composed,
                                    std::string_view input, const Look& look) const {
  std::string out;
  for (query::Complaint complaint : complaints) {
    if (query::is_nowhere(complaint.span)) {
      out += cli::complaint_text(std::span(&complaint, 1), input, "", look);
      continue;
    }
    const auto part = std::ranges::find_if(composed.parts, [&](const Composed::Part& p) {
      return complaint.span.begin >= p.begin && complaint.span.begin <= p.end;
    });
    if (part == composed.parts.end()) continue;
    const std::uint32_t begin = complaint.span.begin - part->begin;
    const std::uint32_t end = std::max(std::min(complaint.span.end, part->end) - part->begin, begin);
    const std::uint32_t shift = part->name.empty() ? part->input_begin : 0;
    complaint.span = {begin + shift, end + shift};
    const std::string definition = composed.text.substr(part->begin, part->end - part->begin);
    const bool own = part->name.empty();
    out += cli::complaint_text(std::span(&complaint, 1), own ? input : std::string_view(definition),
                               own ? "" : "`" + part->name + "`, defined before", look);
  }
  return out;
}

std::string explaining(std::string_view input) {
  query::Complaints complaints;
  const tree::Query parsed = query::parse(input, complaints);
  if (!complaints.empty()) return std::string(input);
  std::string out;
  for (const tree::Statement& statement : parsed.statements) {
    const bool plain = !defined_by(statement).empty() || std::holds_alternative<tree::Explain>(statement.form);
    out += plain ? "" : "explain ";
    out.append(input.substr(statement.span.begin, statement.span.end - statement.span.begin)).append("\n");
  }
  return out;
}

bool is_closed(std::string_view input) {
  query::Complaints ignored;
  const auto tokens = query::tokens_of(input, ignored);
  if (tokens.size() < 2) return false;
  const query::Token& last = tokens[tokens.size() - 2];
  return last.form == query::Token::Form::symbol && last.text == ";";
}

}  // namespace chartline::cli
