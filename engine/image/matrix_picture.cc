#include "engine/image/matrix_picture.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr int kMaxSide = 4096;  // of the cells together, pixels
constexpr int kMargin = 12;     // pixels
constexpr int kMostNumbers = 30;
constexpr int kMostNames = 100;
constexpr std::size_t kMostCharacters = 28;  // of a name
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kFontScale = 0.4;
const cv::Scalar kWhite(255, 255, 255);
const cv::Scalar kBlack(0, 0, 0);

// Large enough for a number, then for a line of text, then as large as fits.
int CellSize(int rows) {
  if (rows <= kMostNumbers) return 40;
  if (rows <= kMostNames) return 16;
  return std::clamp(kMaxSide / 4 / rows, 1, 8);
}

// Hershey's fonts have ASCII alone.
std::string Shown(const std::string& name) {
  std::string shown;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xc0) continue;  // a continuation in UTF-8
    shown += byte < 0x20 || byte >= 0x7f ? '?' : c;
  }
  if (shown.size() > kMostCharacters) shown = shown.substr(0, kMostCharacters - 2) + "..";
  return shown;
}

cv::Size SizeOf(const std::string& text) {
  int below = 0;
  const cv::Size size = cv::getTextSize(text, kFont, kFontScale, 1, &below);
  return {size.width, size.height + below};
}

// A picture of one line of text, black on white.
cv::Mat Line(const std::string& text) {
  int below = 0;
  const cv::Size size = cv::getTextSize(text, kFont, kFontScale, 1, &below);
  cv::Mat line(size.height + below + 2, std::max(size.width, 1), CV_8UC3, kWhite);
  cv::putText(line, text, {0, size.height + 1}, kFont, kFontScale, kBlack, 1, cv::LINE_AA);
  return line;
}

cv::Mat Upright(const cv::Mat& line) {
  cv::Mat turned;
  cv::rotate(line, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
  return turned;
}

// Copies what of `part` lies inside of `picture`, with its upper left corner at `corner`.
void Paste(const cv::Mat& part, cv::Point corner, cv::Mat& picture) {
  const cv::Rect place = cv::Rect(corner, part.size()) & cv::Rect({0, 0}, picture.size());
  if (place.empty()) return;
  part(cv::Rect(place.tl() - corner, place.size())).copyTo(picture(place));
}

// White for 0, a dark blue for 1.
cv::Scalar Shade(double share) { return kWhite * (1 - share) + cv::Scalar(107, 48, 8) * share; }

void DrawCell(std::int64_t count, double share, const cv::Rect& cell, bool number,
              cv::Mat& picture) {
  cv::rectangle(picture, cell, Shade(share), cv::FILLED);
  if (!number || count == 0) return;
  const std::string text = std::to_string(count);
  const cv::Size size = SizeOf(text);
  const cv::Point corner(cell.x + (cell.width - size.width) / 2,
                         cell.y + (cell.height + size.height) / 2 - 2);
  cv::putText(picture, text, corner, kFont, kFontScale, share > 0.5 ? kWhite : kBlack, 1,
              cv::LINE_AA);
}

}  // namespace

Image DrawMatrix(const Matrix& matrix) {
  AVOCET_CHECK(!matrix.names.empty());
  const int rows = static_cast<int>(std::min(matrix.names.size(), std::size_t{kMaxSide}));
  const int cell = CellSize(rows);
  const bool has_names = rows <= kMostNames;
  int name_width = 0;
  if (has_names) {
    for (const std::string& name : matrix.names) {
      name_width = std::max(name_width, SizeOf(Shown(name)).width);
    }
  }
  const int title = SizeOf("A").height + kMargin;
  const cv::Point first(kMargin + title + name_width + kMargin, kMargin);  // the cells' corner
  const int side = rows * cell;
  cv::Mat picture(first.y + side + kMargin + name_width + kMargin + title,
                  first.x + std::max(side, SizeOf(matrix.column_title).width) + kMargin, CV_8UC3,
                  kWhite);
  for (int row = 0; row < rows; ++row) {
    std::int64_t total = 0;
    for (int column = 0; column < rows; ++column) total += matrix.count(row, column);
    for (int column = 0; column < rows; ++column) {
      const std::int64_t count = matrix.count(row, column);
      const double share =
          total == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(total);
      DrawCell(count, share, {first.x + column * cell, first.y + row * cell, cell, cell},
               rows <= kMostNumbers, picture);
    }
    if (!has_names) continue;
    const cv::Mat name = Line(Shown(matrix.names[static_cast<std::size_t>(row)]));
    const int along = row * cell + (cell - name.rows) / 2;
    Paste(name, {first.x - kMargin / 2 - name.cols, first.y + along}, picture);
    Paste(Upright(name), {first.x + along, first.y + side + kMargin / 2}, picture);
  }
  cv::rectangle(picture, {first.x - 1, first.y - 1, side + 2, side + 2}, kBlack);
  const cv::Mat row_title = Upright(Line(matrix.row_title));
  Paste(row_title, {kMargin / 2, first.y + std::max(0, (side - row_title.rows) / 2)}, picture);
  const cv::Mat column_title = Line(matrix.column_title);
  Paste(column_title,
        {first.x + std::max(0, (side - column_title.cols) / 2),
         picture.rows - kMargin / 2 - column_title.rows},
        picture);
  Image image{picture.cols, picture.rows, {}};
  image.bgr.assign(picture.datastart, picture.dataend);
  return image;
}

}  // namespace avocet
