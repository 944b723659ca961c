"""Reads and writes PNG pictures with the standard library alone.

Reads what the emoji packages hold: 8-bit grey, RGB, grey with alpha and RGBA, palettes of 1 to 8 bits, not interlaced.
"""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_SIDE = 4096
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # colour types
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}


class PngError(Exception):
    """Not a PNG, broken, or of a kind that is not read."""


def read_chunks(data):
    """Returns {kind: bytes}; the parts of the pixels are joined."""
    if not data.startswith(SIGNATURE):
        raise PngError("no PNG signature")
    chunks = {}
    at = len(SIGNATURE)
    while b"IEND" not in chunks:
        if at + 12 > len(data):
            raise PngError("ends early")
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if at + 12 + length > len(data):
            raise PngError(f"chunk {kind!r} ends early")
        if struct.unpack_from(">I", data, at + 8 + length)[0] != zlib.crc32(kind + body):
            raise PngError(f"chunk {kind!r} has a wrong checksum")
        chunks[kind] = chunks.get(kind, b"") + body
        at += 12 + length
    return chunks


def undo_filters(raw, height, stride, step):
    """Returns the rows of filtered bytes `raw`; a pixel's left neighbour is `step` bytes before it."""
    above = bytearray(stride)
    rows = []
    for y in range(height):
        start = y * (stride + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        if kind == 1:
            for i in range(step, stride):
                row[i] = (row[i] + row[i - step]) & 255
        elif kind == 2:
            for i in range(stride):
                row[i] = (row[i] + above[i]) & 255
        elif kind == 3:
            for i in range(stride):
                left = row[i - step] if i >= step else 0
                row[i] = (row[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            undo_paeth(row, above, step)
        elif kind != 0:
            raise PngError(f"filter {kind}")
        rows.append(row)
        above = row
    return rows


def undo_paeth(row, above, step):
    for i in range(min(step, len(row))):
        row[i] = (row[i] + above[i]) & 255
    for i in range(step, len(row)):
        left, up, corner = row[i - step], above[i], above[i - step]
        to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        if to_left <= to_up and to_left <= to_corner:
            predicted = left
        else:
            predicted = up if to_up <= to_corner else corner
        row[i] = (row[i] + predicted) & 255


def palette_indices(row, width, depth):
    if depth == 8:
        return row[:width]
    per_byte, mask = 8 // depth, (1 << depth) - 1
    return [row[x // per_byte] >> (8 - depth * (x % per_byte + 1)) & mask for x in range(width)]


def read_rgba(data):
    """Returns width, height and the pixels as a list of (r, g, b, a), row by row."""
    chunks = read_chunks(data)
    try:
        width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        raw = zlib.decompress(chunks[b"IDAT"])
    except (KeyError, struct.error, zlib.error) as error:
        raise PngError(f"broken: {error}") from error
    depths = (1, 2, 4, 8) if color == PALETTE else (8,)
    if color not in CHANNELS or depth not in depths or interlaced:
        raise PngError(f"colour type {color} of {depth} bits, interlace {interlaced}: not read")
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise PngError(f"{width} x {height} pixels")
    stride = (width * CHANNELS[color] * depth + 7) // 8
    if len(raw) != height * (stride + 1):
        raise PngError(f"expected {height * (stride + 1)} bytes of pixels, found {len(raw)}")
    rows = undo_filters(raw, height, stride, CHANNELS[color])
    transparent = chunks.get(b"tRNS", b"")
    if color == PALETTE:
        colors = chunks.get(b"PLTE", b"")
        table = [(*colors[3 * i : 3 * i + 3], transparent[i] if i < len(transparent) else 255) for i in range(len(colors) // 3)]
        try:
            pixels = [table[index] for row in rows for index in palette_indices(row, width, depth)]
        except IndexError:
            raise PngError("a pixel outside the palette") from None
        return width, height, pixels
    if transparent:
        raise PngError("a transparent colour without alpha: not read")
    pixels = []
    for row in rows:
        if color == GREY:
            pixels += [(v, v, v, 255) for v in row]
        elif color == GREY_ALPHA:
            pixels += [(v, v, v, a) for v, a in zip(row[0::2], row[1::2])]
        elif color == RGB:
            pixels += [(r, g, b, 255) for r, g, b in zip(row[0::3], row[1::3], row[2::3])]
        else:
            pixels += zip(row[0::4], row[1::4], row[2::4], row[3::4])
    return width, height, pixels


def over_white(pixels):
    """Returns RGB bytes: each colour mixed with white by its alpha, rounded to the nearest."""
    out = bytearray()
    for r, g, b, a in pixels:
        if a == 255:
            out += bytes((r, g, b))
        elif a == 0:
            out += b"\xff\xff\xff"
        else:
            white = 255 * (255 - a) + 127
            out += bytes(((r * a + white) // 255, (g * a + white) // 255, (b * a + white) // 255))
    return bytes(out)


def encode(width, height, pixels):
    """Returns a PNG of 8-bit `pixels`: width * height bytes of grey, or three times as many of RGB."""
    color = {width * height: GREY, 3 * width * height: RGB}[len(pixels)]
    stride = len(pixels) // height
    raw = b"".join(b"\0" + pixels[y * stride : (y + 1) * stride] for y in range(height))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
