package demo

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rgb is a colour; each part is 0–255.
type rgb struct{ r, g, b uint8 }

// hex reads a colour such as 0xd8b07c.
func hex(v uint32) rgb { return rgb{uint8(v >> 16 & 0xff), uint8(v >> 8 & 0xff), uint8(v & 0xff)} }

// tones are the colours and materials that a product's picture may name.
var tones = map[string]rgb{
	"white": hex(0xfaf8f3), "chalk": hex(0xf1ebe0), "cream": hex(0xf5e8cd), "oat": hex(0xe3d4ba), "sand": hex(0xd8c29c),
	"stone": hex(0xb7b0a5), "fog": hex(0xcfd5d8), "slate": hex(0x68737f), "graphite": hex(0x44484f), "black": hex(0x2d2e33),
	"ink": hex(0x2a3040), "navy": hex(0x2c3f63), "fjord": hex(0x4b7c9b), "sky": hex(0x9cc6df), "petrol": hex(0x2a6472),
	"teal": hex(0x3c9791), "aurora": hex(0x57bfa0), "mint": hex(0xaed6bf), "sage": hex(0x9ab093), "moss": hex(0x71844f),
	"forest": hex(0x3a5d45), "olive": hex(0x8c8b4c), "leaf": hex(0x6f9e58), "lemon": hex(0xf1d567), "mustard": hex(0xdba63b),
	"amber": hex(0xe2943f), "coral": hex(0xe97c69), "red": hex(0xc94a43), "terracotta": hex(0xc06a49), "clay": hex(0xcc8767),
	"rust": hex(0xa0502f), "rose": hex(0xd99b9c), "blush": hex(0xeccbc0), "pink": hex(0xe8a5b7), "berry": hex(0x97405a),
	"plum": hex(0x64415f), "lilac": hex(0xb9a8d3), "lavender": hex(0x9388bd),
	"oak": hex(0xd6ab74), "birch": hex(0xe8d1a8), "walnut": hex(0x83593b), "cork": hex(0xc89c6d), "leather": hex(0xa9683f),
	"brass": hex(0xcda551), "copper": hex(0xca8156), "steel": hex(0xb8c1c9), "iron": hex(0x3d4045), "glass": hex(0xd3e6ea),
}

// mix goes from c (part 0) to other (part 1).
func (c rgb) mix(other rgb, part float64) rgb {
	blend := func(a, b uint8) uint8 {
		return uint8(math.Round(float64(a) + float64((float64(b)-float64(a))*part)))
	}
	return rgb{blend(c.r, other.r), blend(c.g, other.g), blend(c.b, other.b)}
}

// lighter mixes warm white in.
func (c rgb) lighter(part float64) rgb { return c.mix(hex(0xfffdf8), part) }

// darker mixes a deep blue-violet in: shadows that are merely black look dirty.
func (c rgb) darker(part float64) rgb { return c.mix(hex(0x1f1a2e), part) }

// bright tells whether dark marks show better on the colour than light ones.
func (c rgb) bright() bool {
	return 299*int(c.r)+587*int(c.g)+114*int(c.b) > 140*1000
}

// mark is the colour in tone that shows on c: a darker one on light colours, a lighter one on dark ones.
func (c rgb) mark(part float64) rgb {
	if c.bright() {
		return c.darker(part)
	}
	return c.lighter(part)
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// fill is anything a shape can be painted with.
type fill interface {
	// attr is the presentation attribute (fill or stroke) that paints with it.
	attr(name string) string
}

func (c rgb) attr(name string) string { return name + `="` + c.String() + `"` }

// faded is a colour that lets through what is behind it.
type faded struct {
	rgb
	opacity float64
}

func (f faded) attr(name string) string {
	return f.rgb.attr(name) + ` ` + name + `-opacity="` + strconv.FormatFloat(f.opacity, 'f', -1, 64) + `"`
}

// light is white that lets through what is behind it.
func light(opacity float64) fill { return faded{hex(0xffffff), opacity} }

// shadow is the same with the colour of shadows.
func shadow(opacity float64) fill { return faded{hex(0x1f1a2e), opacity} }

// gradient is a gradient by its id.
type gradient string

func (g gradient) attr(name string) string { return name + `="url(#` + string(g) + `)"` }

// stop is a gradient's colour at a place (0–1).
type stop struct {
	at      float64
	c       rgb
	opacity float64
}

// gradient defines a gradient; one that the picture has already is used again, which keeps leafy pictures small.
func (s *sketch) gradient(tag, geometry string, stops ...stop) fill {
	var b strings.Builder
	for _, st := range stops {
		b.WriteString(`<stop offset="` + strconv.FormatFloat(st.at, 'f', -1, 64) + `" stop-color="` + st.c.String() + `"`)
		if st.opacity < 1 {
			b.WriteString(` stop-opacity="` + strconv.FormatFloat(st.opacity, 'f', -1, 64) + `"`)
		}
		b.WriteString(`/>`)
	}
	definition := geometry + `>` + b.String() + `</` + tag + `>`
	if known, ok := s.gradients[tag+definition]; ok {
		return known
	}
	id := s.newID()
	s.defs.WriteString(`<` + tag + ` id="` + id + `" ` + definition)
	s.gradients[tag+definition] = gradient(id)
	return gradient(id)
}

// round shades an upright cylinder: lit on the left of its middle, dark at the edges.
func (s *sketch) round(c rgb) fill {
	return s.gradient("linearGradient", `x2="1" y2="0"`, stop{0, c.darker(.16), 1}, stop{.27, c.lighter(.26), 1},
		stop{.55, c, 1}, stop{1, c.darker(.32), 1})
}

// metal shades a polished cylinder: harder bands of light than round.
func (s *sketch) metal(c rgb) fill {
	return s.gradient("linearGradient", `x2="1" y2="0"`, stop{0, c.darker(.3), 1}, stop{.12, c.darker(.05), 1}, stop{.28, c.lighter(.65), 1},
		stop{.42, c, 1}, stop{.75, c.darker(.28), 1}, stop{.9, c.lighter(.1), 1}, stop{1, c.darker(.35), 1})
}

// ball shades a sphere.
func (s *sketch) ball(c rgb) fill {
	return s.gradient("radialGradient", `cx=".36" cy=".3" r=".78"`, stop{0, c.lighter(.45), 1}, stop{.35, c.lighter(.08), 1},
		stop{.75, c.darker(.12), 1}, stop{1, c.darker(.34), 1})
}

// down goes from one colour at the top to another at the bottom.
func (s *sketch) down(top, bottom rgb) fill {
	return s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, top, 1}, stop{1, bottom, 1})
}

// slope shades a flat face: lit at the upper left, a little darker at the lower right.
func (s *sketch) slope(c rgb) fill {
	return s.gradient("linearGradient", `x2="1" y2="1"`, stop{0, c.lighter(.2), 1}, stop{.5, c, 1}, stop{1, c.darker(.16), 1})
}

// glow fades from a colour in the middle to nothing at the edge.
func (s *sketch) glow(c rgb, opacity float64) fill {
	return s.gradient("radialGradient", `r=".5"`, stop{0, c, opacity}, stop{.45, c, opacity * .5}, stop{1, c, 0})
}

// shade is one of a few steps between two colours, chosen by chance: leaves of one plant are not all the same green.
func (s *sketch) shade(a, b rgb) rgb { return a.mix(b, float64(s.rnd.IntN(4))/3) }
