package demo

import (
	"math"
	"strings"
)

// cone is a loudspeaker's cone in its ring.
func (s *sketch) cone(c rgb, x, y, r float64) {
	s.disc(s.slope(c.lighter(.15)), x, y, r)
	s.disc(hex(0x2b2c31), x, y, r*.9)
	s.disc(s.gradient("radialGradient", `cx=".5" cy=".5" r=".5"`, stop{0, hex(0x2a2b30), 1}, stop{.6, hex(0x4a4c53), 1}, stop{1, hex(0x2d2e33), 1}), x, y, r*.78)
	s.disc(s.ball(hex(0x3a3c43)), x, y, r*.3)
}

func drawHeadphones(s *sketch) {
	s.stand(400, 210)
	s.tube(s.main, 40, "M215 450C190 90 610 90 585 450")
	s.line(s.accent, 20, "M262 270C310 180 490 180 538 270")
	for _, side := range []float64{-1, 1} {
		x := 400 + side*182
		s.line(s.accent.darker(.15), 18, d("M%v 400V470", x+side*6))
		s.path(s.round(s.main.darker(.55)), box(x-side*42-36, 410, 72, 216, 36))
		s.path(s.ball(s.main), box(x+side*14-44, 420, 88, 200, 44))
		s.decorate(box(x+side*14-44, 420, 88, 200, 44), area{x + side*14 - 44, 420, 88, 200}, 0)
		s.oval(s.slope(s.accent), x+side*22, 520, 24, 60)
	}
}

func drawEarbuds(s *sketch) {
	s.stand(400, 180)
	s.path(s.down(s.main.darker(.1), s.main.darker(.3)), "M220 470C220 300 240 270 300 270H500C560 270 580 300 580 470Z")
	s.path(s.main.darker(.55), "M240 470C240 330 256 296 306 296H494C544 296 560 330 560 470Z")
	case2 := box(210, 440, 380, 208, 80)
	s.path(s.round(s.main), case2)
	s.decorate(case2, area{210, 440, 380, 208}, 0)
	s.oval(s.main.darker(.5), 400, 462, 170, 20)
	s.disc(s.accent, 400, 560, 9)
	bud := func(x, y, turn float64) {
		s.turned(turn, x, y, func() {
			s.path(s.round(s.main.lighter(.12)), box(x-15, y, 30, 120, 15))
			s.path(s.ball(s.main.lighter(.12)), circle(x, y, 44, 40))
			s.path(s.ball(hex(0x55585f)), circle(x+34, y-8, 20, 25))
			s.disc(s.accent, x-14, y+6, 11)
		})
	}
	bud(330, 370, 6)
	bud(455, 370, -4)
}

func drawSpeaker(s *sketch) {
	switch s.style {
	case "bookshelf":
		for i, x := range []float64{250, 550} {
			s.stand(x, 126)
			s.path(s.main.darker(.35), polygon(x+110, 210, x+136, 226, x+136, 640, x+110, 648))
			body := box(x-126, 206, 240, 442, 12)
			s.path(s.slope(s.main), body)
			s.grain(body, s.main, area{x - 126, 206, 240, 442})
			s.rect(s.slope(s.accent), x-110, 224, 208, 406, 8)
			s.cone(s.main, x-6, 500, 90)
			s.cone(s.main, x-6, 312, 46)
			s.disc(hex(0xdba63b), x+78, 612-float64(i)*0, 5)
		}
	case "round":
		s.stand(400, 170)
		body := circle(400, 455, 195, 192)
		s.path(s.ball(s.main), body)
		s.pattern = "weave"
		was := s.accent
		s.accent = s.main.darker(.4)
		s.decorate(body, area{205, 260, 390, 390}, 10)
		s.accent = was
		s.oval(s.slope(s.accent), 400, 318, 112, 34)
		s.oval(s.accent.darker(.35), 400, 318, 92, 26)
		s.points(hex(0x8fe3c8), 10, "M360 318h.1M387 324h.1M413 324h.1M440 318h.1")
	default:
		s.stand(400, 130)
		s.line(s.accent, 16, "M340 250C330 150 470 150 460 250")
		s.pattern = "dots"
		was := s.accent
		s.accent = s.main.darker(.45)
		s.turnedBody(s.main, 400, 240, 128, 300, 132, 600, 132, 646, 122)
		s.accent = was
		s.oval(s.slope(s.main.lighter(.2)), 400, 240, 128, 21)
		s.path(s.round(s.accent), lathe(400, 596, 134, 626, 132))
		s.path(s.slope(s.accent), box(350, 400, 100, 36, 18))
		s.line(s.accent.mark(.6), 6, "M368 418h16M376 410v16M420 418h16")
	}
}

func drawSoundbar(s *sketch) {
	s.stand(400, 330)
	s.path(s.down(hex(0x3b3e46), hex(0x22242a)), box(160, 200, 480, 300, 10))
	s.path(s.gradient("linearGradient", `x2="1" y2="1"`, stop{0, s.accent.darker(.5), 1}, stop{.5, s.accent, 1}, stop{1, s.accent.lighter(.4), 1}), box(172, 212, 456, 274, 4))
	s.path(faded{hex(0x2a3040), .55}, "M172 486V420Q260 340 350 400T628 380V486Z")
	s.rect(hex(0x3b3e46), 380, 500, 40, 60, 0)
	body := box(80, 560, 640, 88, 34)
	s.path(s.down(s.main.lighter(.2), s.main.darker(.3)), body)
	s.pattern = "dots"
	s.accent = s.main.mark(.35)
	s.decorate(body, area{150, 560, 500, 88}, 0)
	s.points(hex(0x8fe3c8), 9, "M386 604h.1M400 604h.1M414 604h.1")
}

// vinyl is a record seen from above.
func (s *sketch) vinyl(label rgb, x, y, r float64) {
	s.disc(hex(0x26262b), x, y, r)
	for k := .92; k > .42; k -= .09 {
		s.ring(light(.09), 3, x, y, r*k)
	}
	for _, a := range []float64{-50, 130} {
		s.turned(a, x, y, func() {
			s.path(light(.13), d("M%v %vL%v %vA%v %v 0 0 1 %v %vZ", x, y, x-r*.28, y-r*.95, r, r, x+r*.28, y-r*.95))
		})
	}
	s.disc(s.slope(label), x, y, r*.36)
	s.ring(label.mark(.4), 3, x, y, r*.25)
	s.disc(hex(0xf4eee0), x, y, r*.035)
}

func drawTurntable(s *sketch) {
	s.turned(s.between(-6, -2), 400, 400, func() {
		body := box(110, 190, 580, 440, 26)
		s.cast(body)
		s.path(s.main.darker(.4), box(110, 206, 580, 440, 26))
		s.path(s.slope(s.main), body)
		s.grain(body, s.main, area{110, 190, 580, 440})
		s.disc(s.slope(hex(0xb8c1c9)), 345, 410, 196)
		s.vinyl(s.accent, 345, 410, 186)
		s.disc(s.slope(hex(0x4a4c53)), 610, 270, 48)
		s.disc(s.ball(hex(0xb8c1c9)), 610, 270, 27)
		s.tube(hex(0xc9d1d7), 13, "M610 240V470L470 500")
		s.turned(-12, 470, 500, func() { s.rect(hex(0x2b2c31), 436, 482, 56, 36, 6) })
		s.disc(s.ball(hex(0x2b2c31)), 628, 580, 25)
		s.disc(s.ball(hex(0x2b2c31)), 566, 590, 15)
	})
}

func drawRadio(s *sketch) {
	s.stand(400, 250)
	s.line(hex(0x8d979f), 7, "M570 330L680 110")
	s.tube(s.accent, 20, "M230 350C240 240 520 240 530 350")
	body := box(150, 340, 500, 308, map[bool]float64{true: 70, false: 30}[s.style == "retro"])
	s.path(s.slope(s.main), body)
	s.grain(body, s.main, area{150, 340, 500, 308})
	grille := box(180, 372, 240, 244, 40)
	s.path(s.slope(s.accent), grille)
	var data strings.Builder
	for y := 396.0; y < 600; y += 22 {
		data.WriteString(d("M206 %vH394", y))
	}
	s.line(s.accent.darker(.4), 7, data.String())
	if s.style == "retro" {
		s.disc(s.slope(hex(0xf6ead0)), 534, 456, 80)
		s.line(hex(0x83593b), 4, "M470 456a64 64 0 0 1 128 0M486 470a48 48 0 0 1 96 0")
		s.line(hex(0xc94a43), 6, "M534 470L575 420")
	} else {
		s.rect(hex(0x262a33), 446, 380, 174, 100, 12)
		s.line(hex(0x8fe3c8), 8, "M470 412H560M470 440H530")
		s.points(hex(0xf2b632), 12, "M594 424h.1")
	}
	for _, x := range []float64{490, 578} {
		s.disc(s.ball(hex(0xe6d9be)), x, 572, 36)
		s.line(hex(0x6b5a44), 6, d("M%v 572l%v -24", x, s.between(-18, 18)))
	}
}

func drawMicrophone(s *sketch) {
	s.stand(400, 130)
	s.path(s.metal(s.accent), lathe(400, 622, 130, 646, 134))
	s.tube(s.accent, 20, "M400 620V520")
	s.line(s.accent.darker(.2), 17, "M262 330V400C270 560 530 560 538 400V330")
	body := box(302, 330, 196, 190, 60)
	s.path(s.round(s.main), body)
	head := "M302 250C302 90 498 90 498 250V350H302Z"
	s.path(s.metal(hex(0xaab2ba)), head)
	s.within(head, func() {
		var data strings.Builder
		for v := -300.0; v < 300; v += 20 {
			data.WriteString(d("M%v 100l260 260M%v 100l-260 260", 300+v, 500+v))
		}
		s.line(hex(0x6c747c), 3, data.String())
	})
	s.rect(s.metal(s.accent), 292, 340, 216, 30, 8)
	s.disc(hex(0x6fd3a8), 400, 440, 9)
	if s.style == "usb" {
		s.disc(s.ball(s.main.darker(.3)), 400, 480, 22)
	} else {
		s.rect(s.slope(hex(0xfaf5ea)), 360, 408, 80, 60, 6)
	}
}

func drawRecord(s *sketch) {
	s.turned(s.between(-8, 4), 400, 400, func() {
		s.disc(shadow(.14), 532, 412, 206)
		s.vinyl(s.accent, 520, 400, 206)
		sleeve := box(130, 180, 430, 430, 4)
		s.cast(sleeve)
		s.path(s.slope(s.main), sleeve)
		s.within(sleeve, func() {
			switch s.style {
			case "waves":
				for i := 0.0; i < 6; i++ {
					s.path(s.main.mix(s.accent, .2+.14*i), d("M130 %vq54 -60 108 0t108 0t108 0t108 0V620H130Z", 330+i*46))
				}
			case "sun":
				for i := 6.0; i > 0; i-- {
					s.disc(s.main.mix(s.accent, 1-i/7), 345, 420, i*36)
				}
			default:
				for i := range 9 {
					x, h := 180+float64(i)*42, s.between(60, 230)
					s.rect(s.accent.mix(s.main.mark(.4), math.Mod(float64(i)*.37, 1)), x, 410-h/2, 26, h, 13)
				}
			}
		})
		s.rect(s.main.mark(.7), 160, 208, 150, 14, 3)
		s.rect(faded{s.main.mark(.7), .7}, 160, 232, 96, 10, 3)
		s.rect(light(.16), 130, 180, 12, 430, 0)
	})
}

func drawCassette(s *sketch) {
	s.stand(400, 240)
	s.line(hex(0x2d2e33), 9, "M560 330C640 200 700 340 690 480S650 620 720 640")
	body := box(190, 230, 400, 418, 34)
	s.path(s.main.darker(.4), box(206, 238, 400, 410, 34))
	s.path(s.slope(s.main), body)
	s.path(hex(0x3a3d45), box(222, 300, 336, 220, 18))
	s.path(s.slope(s.accent), box(244, 322, 292, 176, 10))
	s.rect(hex(0x3a3d45), 290, 380, 200, 76, 38)
	for _, x := range []float64{328, 452} {
		s.disc(hex(0xf4eee0), x, 418, 30)
		s.disc(hex(0x3a3d45), x, 418, 14)
		s.line(hex(0xf4eee0), 5, d("M%v 418h24M%v 406v24", x-12, x))
	}
	s.line(s.accent.mark(.7), 6, "M270 346H510")
	for i := 0.0; i < 4; i++ {
		c := hex(0xe4e0d6)
		if i == 1 {
			c = hex(0xe97c69)
		}
		s.path(s.down(c, c.darker(.25)), box(236+i*80, 214, 64, 34, 8))
	}
	s.line(s.main.mark(.4), 8, "M236 560H380M236 590H330")
	s.disc(s.ball(s.main.darker(.2)), 520, 580, 32)
}

func drawAmplifier(s *sketch) {
	s.stand(400, 270)
	s.path(s.down(s.main.lighter(.25), s.main), "M150 370L190 330H610L650 370Z")
	body := box(130, 366, 540, 262, 12)
	s.path(s.slope(s.main), body)
	s.grain(body, s.main, area{130, 366, 540, 262})
	s.path(s.metal(s.accent), box(150, 386, 500, 222, 6))
	for i, x := range []float64{250, 380} {
		s.rect(hex(0x33363d), x-58, 408, 116, 84, 6)
		s.path(s.down(hex(0xfbeecb), hex(0xf2cf85)), box(x-50, 416, 100, 68, 4))
		s.line(hex(0x6b4a22), 3, d("M%v 462a42 42 0 0 1 68 0", x-34))
		s.line(hex(0xc94a43), 4, d("M%v 480L%v 430", x, x-18+float64(i)*30))
	}
	s.disc(s.accent.darker(.4), 552, 482, 76)
	s.disc(s.ball(s.accent.lighter(.1)), 552, 478, 70)
	s.line(hex(0x33363d), 8, "M552 430V452")
	for x := 200.0; x < 450; x += 62 {
		s.disc(s.ball(s.accent.darker(.15)), x, 560, 22)
		s.line(hex(0x33363d), 4, d("M%v 556V544", x))
	}
	s.path(hex(0x33363d), "M170 628h60v20h-60ZM570 628h60v20h-60Z")
}

func drawCable(s *sketch) {
	for i := 0.0; i < 4; i++ {
		s.line(shadow(.06), 24, circle(404, 418, 196-i*20, 176-i*18))
	}
	for i := 0.0; i < 4; i++ {
		s.tube(s.main, 20, circle(390+i*6, 396+i*5, 196-i*20, 176-i*18))
	}
	s.tube(s.main, 20, "M560 470C640 540 640 640 560 660H520M240 480C180 560 160 600 180 650")
	s.path(s.round(s.accent), box(374, 200, 40, 120, 8))
	plug := func(x, y, turn float64) {
		s.turned(turn, x, y, func() {
			s.path(s.round(hex(0x3a3d45)), box(x-22, y, 44, 96, 12))
			s.path(s.metal(hex(0xcda551)), "M"+num(x-10)+" "+num(y+96)+d("h20v54q-10 24 -20 0Z"))
			s.line(hex(0x3a3d45), 4, d("M%v %vh20M%v %vh20", x-10, y+112, x-10, y+128))
		})
	}
	plug(524, 660, 90)
	plug(180, 640, 10)
}

func drawMetronome(s *sketch) {
	s.stand(400, 160)
	body := "M345 150H455L560 648H240Z"
	s.path(s.slope(s.main), body)
	s.grain(body, s.main, area{240, 150, 320, 500})
	s.path(s.main.darker(.5), "M364 210H436L490 540H310Z")
	var data strings.Builder
	for y := 240.0; y < 520; y += 22 {
		data.WriteString(d("M%v %vh20", 390.0, y))
	}
	s.line(hex(0xcda551), 3, data.String())
	s.turned(s.between(-20, 20), 400, 560, func() {
		s.line(hex(0xd9dfe3), 9, "M400 560V180")
		s.path(s.metal(s.accent), "M376 270H424L434 330H366Z")
	})
	s.path(s.down(s.main.lighter(.1), s.main.darker(.2)), "M292 540H508L532 648H268Z")
	s.disc(s.ball(hex(0xcda551)), 400, 594, 16)
}

func drawUkulele(s *sketch) {
	s.turned(s.between(22, 32), 400, 400, func() {
		body := "M400 370C480 360 500 420 480 470C540 500 560 600 500 660C460 700 340 700 300 660C240 600 260 500 320 470C300 420 320 360 400 370Z"
		s.cast(body)
		s.path(s.slope(s.main), body)
		s.grain(body, s.main, area{250, 360, 310, 340})
		s.path(s.round(s.accent), "M378 110H422V470H378Z")
		s.path(s.slope(s.accent.darker(.15)), "M366 10H434L426 112H374Z")
		s.points(hex(0xf4eee0), 13, "M362 34h.1M360 76h.1M438 34h.1M440 76h.1")
		s.disc(s.main.darker(.65), 400, 510, 50)
		s.ring(s.accent, 6, 400, 510, 56)
		var data strings.Builder
		for y := 140.0; y < 450; y += 38 {
			data.WriteString(d("M380 %vH420", y))
		}
		s.line(hex(0xcda551), 3, data.String())
		s.rect(s.accent.darker(.2), 350, 610, 100, 20, 6)
		s.line(hex(0xfaf6ea), 2.5, "M388 60V616M396 60V616M404 60V616M412 60V616")
	})
}
