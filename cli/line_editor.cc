// libedit edits; this adds colour. libedit knows which characters stand on the screen and nothing of how they look, so
// that before each wait for a key the line can be painted over with the same characters in colour, and the cursor put back.
#include "cli/line_editor.h"

#include <fmt/format.h>
#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cwchar>
#include <filesystem>

#include "cli/interrupt.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

constexpr int history_lines = 5000;
constexpr int signal_look_ms = 100;
constexpr char end_of_transmission = 4;

volatile std::sig_atomic_t resized = 0;
void note_resize(int) { resized = 1; }

// A signal must end the wait for a key, which SA_RESTART would prevent.
void watch_for_resize() {
  struct sigaction action {};
  action.sa_handler = note_resize;
  sigemptyset(&action.sa_mask);
  sigaction(SIGWINCH, &action, nullptr);
}

std::size_t screen_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
std::size_t screen_height() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

// The end of the first character of `text`, which is not empty.
std::size_t character_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  return bytes;
}

std::string in_columns(const std::vector<std::string>& words, std::size_t width) {
  std::size_t widest = 0;
  for (const std::string& word : words) widest = std::max(widest, display_width(word));
  const std::size_t columns = std::max<std::size_t>(1, width / (widest + 2));
  const std::size_t rows = (words.size() + columns - 1) / columns;
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (std::size_t i = row; i < words.size(); i += rows) line += pad_right(words[i], widest + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace

ScreenPlace place_behind(std::string_view text, std::size_t prompt, std::size_t width) {
  ScreenPlace place{prompt / width, prompt % width};
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    const std::size_t columns = display_width(text.substr(0, bytes));
    if (place.column + columns > width) place = {place.row + 1, 0};
    place.column += columns;
    if (place.column >= width) place = {place.row + 1, 0};
    text.remove_prefix(bytes);
  }
  return place;
}

struct LineEditor::Parts {
  Options options;
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string prompt;
  std::string shown_prompt;  // with colour; \1 stands around what takes no room
  bool was_interrupted = false;

  static Parts& of(EditLine* editor) {
    void* parts = nullptr;
    el_get(editor, EL_CLIENTDATA, &parts);
    return *static_cast<Parts*>(parts);
  }

  static char* prompt_of(EditLine* editor) { return of(editor).shown_prompt.data(); }

  void paint() {
    if (!options.look.colour || !options.paint) return;
    const LineInfo* info = el_line(editor);
    const std::string_view line(info->buffer, static_cast<std::size_t>(info->lastchar - info->buffer));
    const std::string_view before = line.substr(0, static_cast<std::size_t>(info->cursor - info->buffer));
    const bool odd = std::ranges::any_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    const std::size_t width = screen_width();
    const ScreenPlace last = place_behind(line, prompt.size(), width);
    if (line.empty() || odd || last.row + 1 >= screen_height()) return;
    const ScreenPlace cursor = place_behind(before, prompt.size(), width);
    std::string out =
        "\x1b"
        "7\r";
    if (cursor.row > 0) out += fmt::format("\x1b[{}A", cursor.row);
    out += fmt::format("\x1b[{}C", prompt.size());
    out += options.paint(line) +
           "\x1b"
           "8";
    std::fflush(stdout);
    (void)!::write(STDOUT_FILENO, out.data(), out.size());
  }

  // Until there is a key. A signal may come just before the wait, or be taken by another thread; so it is looked for again
  // and again. false: the line is given up.
  bool wait() {
    pollfd waiting{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    while (poll(&waiting, 1, signal_look_ms) <= 0) {
      if (interrupted()) return was_interrupted = true, false;
      if (resized != 0) resized = 0, el_resize(editor);
    }
    return true;
  }

  // Reads one character. 1: there is one; 0: the end; -1: the line is given up.
  static int next(EditLine* editor, wchar_t* into) {
    Parts& parts = of(editor);
    pollfd waiting{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, 0) == 0) parts.paint();
    std::mbstate_t state{};
    for (;;) {
      if (!parts.wait()) return -1;
      char byte = 0;
      const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return static_cast<int>(got);
      // A Ctrl-D typed while the terminal still read whole lines comes as a null.
      if (byte == 0) byte = end_of_transmission;
      const std::size_t used = std::mbrtowc(into, &byte, 1, &state);
      if (used == static_cast<std::size_t>(-2)) continue;  // more bytes of it follow
      if (used == static_cast<std::size_t>(-1)) state = {}, *into = L'?';
      return 1;
    }
  }

  static unsigned char complete(EditLine* editor, int) {
    Parts& parts = of(editor);
    const LineInfo* info = el_line(editor);
    const std::string before(info->buffer, static_cast<std::size_t>(info->cursor - info->buffer));
    if (before.find_first_not_of(' ') == std::string::npos)
      return el_insertstr(editor, "  ") == 0 ? CC_REFRESH : CC_ERROR;
    const Candidates found = parts.options.complete(before);
    if (found.words.empty()) return CC_REFRESH_BEEP;
    const std::string typed = before.substr(found.begin);
    const std::string common = common_beginning(found.words);
    std::string more = common.substr(std::min(typed.size(), common.size()));
    if (found.words.size() == 1 && (more.empty() || std::string_view("([:/").find(more.back()) == std::string_view::npos))
      more += ' ';
    if (!more.empty()) return el_insertstr(editor, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    const std::string list = "\n" + in_columns(found.words, screen_width());
    std::fwrite(list.data(), 1, list.size(), stdout);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  void bind(const char* key, const char* command) { el_set(editor, EL_BIND, key, command, nullptr); }

  void start() {
    editor = el_init("chartline", stdin, stdout, stderr);
    history = history_init();
    HistEvent event;
    ::history(history, &event, H_SETSIZE, history_lines);
    ::history(history, &event, H_SETUNIQUE, 1);
    if (!options.history_file.empty()) ::history(history, &event, H_LOAD, options.history_file.c_str());
    el_set(editor, EL_CLIENTDATA, this);
    el_set(editor, EL_HIST, ::history, history);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_PROMPT_ESC, &prompt_of, '\1');
    el_set(editor, EL_GETCFN, &next);
    el_set(editor, EL_ADDFN, "chartline-complete", "complete the word", &complete);
    bind("^I", "chartline-complete");
    bind("^R", "em-inc-search-prev");
    // What keyboards send for Delete, Home, End, and a word to the left and right.
    for (const auto& [key, command] :
         std::array<std::pair<const char*, const char*>, 9>{{{"\\e[3~", "ed-delete-next-char"},
                                                             {"\\e[H", "ed-move-to-beg"},
                                                             {"\\eOH", "ed-move-to-beg"},
                                                             {"\\e[1~", "ed-move-to-beg"},
                                                             {"\\e[F", "ed-move-to-end"},
                                                             {"\\eOF", "ed-move-to-end"},
                                                             {"\\e[4~", "ed-move-to-end"},
                                                             {"\\e[1;5D", "ed-prev-word"},
                                                             {"\\e[1;5C", "em-next-word"}}})
      bind(key, command);
    el_source(editor, nullptr);
    watch_for_resize();
  }
};

LineEditor::LineEditor(Options options) : parts_(std::make_unique<Parts>()) {
  parts_->options = std::move(options);
  parts_->start();
}

LineEditor::~LineEditor() {
  el_end(parts_->editor);
  history_end(parts_->history);
}

LineEditor::Outcome LineEditor::read(std::string_view prompt, std::string& line) {
  Parts& parts = *parts_;
  parts.prompt = prompt;
  parts.shown_prompt = parts.options.look.colour ? fmt::format("\1\x1b[1m\1{}\1\x1b[0m\1", prompt) : std::string(prompt);
  parts.was_interrupted = false;
  int count = 0;
  const char* text = el_gets(parts.editor, &count);
  if (parts.was_interrupted) {
    (void)!::write(STDOUT_FILENO, "\n", 1);
    return Outcome::interrupted;
  }
  if (text == nullptr || count <= 0) return Outcome::end;
  line.assign(text, static_cast<std::size_t>(count));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return Outcome::line;
}

void LineEditor::remember(const std::string& line) {
  HistEvent event;
  history(parts_->history, &event, H_ENTER, line.c_str());
  const std::string& file = parts_->options.history_file;
  if (file.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), ignored);
  history(parts_->history, &event, H_SAVE, file.c_str());
  chmod(file.c_str(), S_IRUSR | S_IWUSR);
}

}  // namespace chartline::cli
