#pragma once
#include <png.h>

// libpng's macros that Swift cannot read.
static inline png_uint_32 stomics_png_image_version(void) { return PNG_IMAGE_VERSION; }
static inline png_uint_32 stomics_png_format_rgba(void) { return PNG_FORMAT_RGBA; }
static inline png_uint_32 stomics_png_format_rgb(void) { return PNG_FORMAT_RGB; }
static inline png_uint_32 stomics_png_format_gray(void) { return PNG_FORMAT_GRAY; }
static inline size_t stomics_png_size_limit(png_image image) { return PNG_IMAGE_PNG_SIZE_MAX(image); }
