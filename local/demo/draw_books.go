package demo

import (
	"math"
	"strings"
)

// drawBook is a book standing at a slight angle: its cover is one of the motifs below, named by the style.
func drawBook(s *sketch) {
	s.stand(410, 190)
	s.path(s.down(hex(0xf8f1e0), hex(0xe0d4ba)), polygon(560, 176, 606, 196, 606, 634, 560, 648))
	s.line(hex(0xcdbf9f), 2, "M570 182V644M580 186V641M590 190V638")
	s.path(s.main.darker(.3), polygon(604, 190, 613, 194, 613, 638, 604, 640))
	cover := "M206 150H560V650H206Z"
	s.path(s.slope(s.main), cover)
	s.within(cover, func() {
		if draw := covers[s.style]; draw != nil {
			draw(s)
		}
	})
	s.path(s.gradient("linearGradient", `x2="1" y2="0"`, stop{0, s.main.darker(.3), .9}, stop{.5, s.main.darker(.1), .5}, stop{.9, s.main.darker(.35), .55}, stop{1, s.main, 0}), "M206 150H240V650H206Z")
	s.title()
	s.path(light(.1), "M240 150H420L240 520Z")
}

// title is the lettering of a cover: bars instead of words.
func (s *sketch) title() {
	ink := s.main.mark(.75)
	if s.main.bright() {
		ink = s.main.darker(.72)
	}
	w := s.between(120, 190)
	s.rect(ink, 400-w/2, 188, w, 17, 3)
	s.rect(ink, 400-w*.36, 216, w*.72, 17, 3)
	s.rect(faded{ink, .6}, 360, 612, 80, 8, 4)
}

// covers are the motifs of book covers; the middle of a cover is at (400, 420).
var covers = map[string]func(s *sketch){
	"mountains": func(s *sketch) {
		s.disc(s.accent, 440, 345, 54)
		for i := 0.0; i < 4; i++ {
			y := 400 + i*56
			s.path(s.main.mix(s.main.mark(.7), .2+.22*i), d("M206 %vL%v %vL%v %vL%v %vL560 %vV650H206Z", y+60, 280+i*20, y-30, 350+i*12, y+26, 450-i*26, y-54, y+40))
		}
	},
	"sea": func(s *sketch) {
		s.disc(s.accent, 400, 390, 86)
		for i := 0.0; i < 5; i++ {
			s.path(s.main.mix(s.main.mark(.5), .3+.14*i), d("M150 %vq40 -34 80 0t80 0t80 0t80 0t80 0t80 0V660H150Z", 430+i*34))
		}
	},
	"moon": func(s *sketch) {
		s.disc(s.glow(s.accent, .5), 400, 410, 200)
		s.path(s.slope(s.accent), "M440 300A118 118 0 1 0 500 470A104 104 0 1 1 440 300Z")
		var data strings.Builder
		for range 22 {
			data.WriteString(d("M%v %vh.1", s.between(250, 550), s.between(250, 600)))
		}
		s.points(faded{s.accent.lighter(.5), .8}, 5, data.String())
	},
	"branch": func(s *sketch) {
		s.line(s.accent.darker(.15), 6, "M400 590C390 500 410 400 400 280")
		for i := 0.0; i < 5; i++ {
			s.leafShape(s.accent, 400, 560-i*58, 90-i*6, 26, -54)
			s.leafShape(s.accent.lighter(.14), 400, 540-i*58, 90-i*6, 26, 54)
		}
		s.leafShape(s.accent, 400, 310, 70, 20, 0)
	},
	"house": func(s *sketch) {
		s.path(s.main.mark(.25), "M206 540Q400 500 560 540V650H206Z")
		s.path(s.slope(s.accent), "M310 400V560H490V400L400 310Z")
		s.path(s.accent.darker(.35), "M290 412L400 296L510 412L494 424L400 328L306 424Z")
		s.rect(hex(0xffe6a6), 340, 430, 44, 50, 3)
		s.rect(s.accent.darker(.45), 416, 460, 44, 100, 3)
		s.path(s.main.mark(.4), "M530 560V470L500 540ZM250 556l24 -110l26 110Z")
	},
	"bird": func(s *sketch) {
		s.path(s.slope(s.accent), "M290 430C330 360 420 350 470 400L520 386L490 426C480 500 400 540 340 510C310 560 270 570 250 566C290 530 280 480 290 430Z")
		s.path(s.accent.darker(.25), "M340 440C390 410 440 430 440 450C430 490 380 500 340 500Z")
		s.disc(s.main.darker(.6), 462, 412, 7)
		s.line(s.main.mark(.55), 6, "M240 570H560M390 524V570M420 514V570")
	},
	"city": func(s *sketch) {
		s.disc(s.accent, 460, 340, 50)
		for i := 0.0; i < 7; i++ {
			x, top := 236+i*47, 360+s.between(0, 130)
			s.rect(s.main.mark(.3+.06*math.Mod(i*3, 5)), x, top, 46, 300, 0)
			s.points(hex(0xffe6a6), 7, d("M%v %vh.1M%v %vh.1M%v %vh.1M%v %vh.1", x+14, top+30, x+32, top+30, x+14, top+66, x+32, top+100))
		}
	},
	"bread": func(s *sketch) {
		s.path(s.down(s.accent.lighter(.2), s.accent.darker(.22)), "M270 500C250 400 330 350 400 350S550 400 530 500Q520 540 480 540H320Q280 540 270 500Z")
		s.line(s.accent.lighter(.55), 13, "M330 390Q350 430 330 470M400 376Q420 420 400 470M470 390Q490 430 470 470")
		s.line(s.main.mark(.5), 5, "M290 580H510")
	},
	"arches": func(s *sketch) {
		for i := 0.0; i < 5; i++ {
			r := 130 - i*26
			s.line([]rgb{s.accent, s.main.mark(.55)}[int(i)%2], 16, d("M%v 580V430A%v %v 0 0 1 %v 430V580", 400-r, r, r, 400+r))
		}
	},
	"fox": func(s *sketch) {
		s.path(s.slope(s.accent), "M290 330L350 380H450L510 330L520 450L400 560L280 450Z")
		s.path(hex(0xfaf5ea), "M282 452L370 450L400 560ZM518 452L430 450L400 560Z")
		s.path(s.accent.darker(.4), "M304 352L340 386L306 396ZM496 352L460 386L494 396ZM384 540h32l-16 22Z")
		s.points(hex(0x2a2433), 16, "M352 436h.1M448 436h.1")
	},
	"geometry": func(s *sketch) {
		tone := []rgb{s.accent, s.main.mark(.45), s.accent.lighter(.45), s.main.mark(.2)}
		for row := 0.0; row < 4; row++ {
			for col := 0.0; col < 4; col++ {
				x, y, c := 256+col*72, 270+row*78, tone[s.rnd.IntN(4)]
				switch s.rnd.IntN(3) {
				case 0:
					s.path(c, d("M%v %va68 68 0 0 1 68 68h-68Z", x, y))
				case 1:
					s.disc(c, x+34, y+34, 32)
				default:
					s.path(c, d("M%v %vh68v68Z", x, y))
				}
			}
		}
	},
	"flower": func(s *sketch) {
		s.line(hex(0x5d8a4a), 9, "M400 610C396 560 404 520 400 440")
		s.leafShape(hex(0x6f9e58), 400, 590, 100, 30, 58)
		s.leafShape(hex(0x6f9e58), 400, 600, 100, 30, -58)
		for a := 0.0; a < 360; a += 30 {
			s.leafShape(s.accent, 400, 400, 108, 26, a+s.between(-4, 4))
		}
		s.disc(s.ball(hex(0xdba63b)), 400, 400, 34)
	},
	"boat": func(s *sketch) {
		s.path(s.slope(s.accent), "M394 300L280 500H394Z")
		s.path(s.accent.lighter(.5), "M408 270V500H510Z")
		s.path(s.main.mark(.7), "M270 516H530L480 566H310Z")
		s.line(s.main.mark(.45), 7, "M240 592q25 -18 50 0t50 0t50 0t50 0t50 0t50 0")
	},
	"cup": func(s *sketch) {
		s.line(s.accent.lighter(.3), 9, "M370 350q-20 -34 0 -60t0 -20M420 350q-20 -34 0 -60t0 -20")
		s.line(s.accent, 22, "M480 420C560 410 550 510 470 500")
		s.path(s.slope(s.accent), "M300 390H490C490 500 460 550 395 550S300 500 300 390Z")
		s.path(s.main.mark(.5), "M270 566H520Q500 590 470 590H320Q290 590 270 566Z")
	},
	"maze": func(s *sketch) {
		for i := 0.0; i < 6; i++ {
			r := 24 + i*23
			a := s.between(0, 360)
			s.turned(a, 400, 420, func() { s.line(s.accent, 11, d("M%v 420A%v %v 0 1 1 %v %v", 400-r, r, r, 400-r*.5, 420+r*.86)) })
		}
		s.disc(hex(0xc94a43), 400, 420, 10)
	},
	"letters": func(s *sketch) {
		s.line(s.accent, 26, "M280 560L350 330L420 560M306 490H394")
		s.line(s.accent.lighter(.4), 24, "M470 440a54 60 0 1 0 .1 120M470 440h50M524 430v132")
		s.line(s.main.mark(.5), 5, "M256 590H544")
	},
	"telescope": func(s *sketch) {
		s.line(faded{s.accent.lighter(.4), .8}, 3, "M290 300L370 350L450 290L510 360L370 350")
		s.points(s.accent, 15, "M290 300h.1M370 350h.1M450 290h.1M510 360h.1")
		s.turned(-28, 400, 460, func() {
			s.path(s.down(s.accent.lighter(.2), s.accent.darker(.3)), "M300 440L430 430V500L300 490ZM430 420H510V510H430Z")
		})
		s.line(s.main.mark(.7), 9, "M396 490L350 600M396 490L442 600M396 490V600")
	},
}

func drawBookStack(s *sketch) {
	s.stand(400, 230)
	tone := []rgb{s.main, s.accent, s.main.lighter(.45), s.accent.darker(.3), s.main.mix(s.accent, .5)}
	y := 648.0
	for i, c := range tone {
		h, w := s.between(58, 82), s.between(340, 430)
		x := 400 - w/2 + s.between(-20, 20)
		y -= h
		s.path(s.down(c.lighter(.15), c.darker(.2)), box(x, y, w, h, 10))
		s.rect(hex(0xf4ecd8), x+w-40, y+9, 42, h-18, 3)
		s.line(hex(0xcdbf9f), 2, d("M%v %vh38M%v %vh38", x+w-38, y+h*.4, x+w-38, y+h*.6))
		s.rect(faded{c.mark(.6), .8}, x+60, y+h/2-6, 90+float64(i)*14, 12, 4)
		s.line(faded{c.mark(.5), .7}, 4, d("M%v %vV%vM%v %vV%v", x+30, y+4, y+h-4, x+w-64, y+4, y+h-4))
	}
	s.moved(380, y, .34, func() { drawReadingGlasses(s) })
}

func drawReadingGlasses(s *sketch) {
	s.line(hex(0x3a3340), 20, circle(260, 590, 96, 60)+circle(540, 590, 96, 60)+"M356 580Q400 550 444 580M164 580L120 470M636 580L690 470")
}

func drawOpenBook(s *sketch) {
	s.turned(-6, 400, 400, func() {
		s.cast("M90 240H710V600H90Z")
		s.path(s.slope(s.main), "M86 250Q240 210 400 250Q560 210 714 250V606Q560 570 400 610Q240 570 86 606Z")
		for _, side := range []float64{1, -1} {
			x := func(v float64) float64 { return 400 + side*v }
			s.path(s.gradient("linearGradient", map[bool]string{true: `x2="1" y2="0"`, false: `x1="1" x2="0" y2="0"`}[side > 0], stop{0, hex(0xe3d8c2), 1}, stop{.2, hex(0xfcf8ee), 1}, stop{1, hex(0xf3ecdb), 1}),
				d("M400 262Q%v 190 %v 238V580Q%v 536 400 596Z", x(150), x(296), x(150)))
		}
		var lines strings.Builder
		for y := 300.0; y < 540; y += 26 {
			lines.WriteString(d("M440 %vQ550 %v %v %v", y+8, y-18, 640-math.Mod(y, 60), y))
		}
		s.line(faded{hex(0x6b6470), .55}, 5, lines.String())
		s.path(s.slope(s.accent.lighter(.4)), "M136 278Q250 240 364 282V480Q250 436 136 470Z")
		s.path(s.accent, "M136 430L210 340L260 400L310 330L364 420V480Q250 436 136 470Z")
		s.path(s.accent.darker(.2), "M470 240V660l18 -20l18 20V236Z")
	})
}
