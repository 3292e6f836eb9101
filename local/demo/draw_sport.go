package demo

import (
	"math"
	"strings"
)

func drawYogaMat(s *sketch) {
	s.stand(400, 240)
	sheet := "M330 560L680 590L730 648L300 652Z"
	s.path(s.slope(s.main.lighter(.1)), sheet)
	s.turned(-4, 400, 500, func() {
		body := "M190 470H560A60 86 0 0 1 560 642H190Z"
		s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main.darker(.05), 1}, stop{.3, s.main.lighter(.3), 1}, stop{1, s.main.darker(.35), 1}), body)
		s.decorate(body, area{190, 470, 430, 172}, 0)
		s.oval(s.slope(s.main.lighter(.1)), 190, 556, 60, 86)
		for r := 72.0; r > 8; r -= 15 {
			s.add("ellipse", `fill="none" stroke-width="4"`, s.main.darker(.3).attr("stroke"), attr("cx", 192), attr("cy", 557), attr("rx", r*.68), attr("ry", r))
		}
		s.line(s.accent, 20, "M300 472Q340 556 300 640M470 472Q510 556 470 640")
		s.tube(s.accent, 15, "M300 474C300 300 480 300 470 474")
	})
}

func drawDumbbell(s *sketch) {
	one := func() {
		s.path(s.down(hex(0xd8dee2), hex(0x7d868e)), box(300, 545, 200, 36, 18))
		for _, x := range []float64{230, 488} {
			s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main, 1}, stop{.25, s.main.lighter(.3), 1}, stop{1, s.main.darker(.4), 1}),
				polygon(x, 500, x+20, 476, x+62, 476, x+82, 500, x+82, 626, x+62, 650, x+20, 650, x, 626))
			s.line(shadow(.2), 4, d("M%v 478V648M%v 478V648", x+22, x+60))
			s.disc(s.accent, x+41, 562, 15)
		}
	}
	s.stand(400, 230)
	s.moved(440, 612, .9, one)
	s.moved(370, 655, 1.15, one)
}

func drawKettlebell(s *sketch) {
	s.stand(400, 160)
	s.tube(s.main.darker(.1), 52, "M310 440C250 180 550 180 490 440")
	s.path(s.ball(s.main), "M400 350C530 350 590 430 590 510C590 590 540 640 490 648H310C260 640 210 590 210 510C210 430 270 350 400 350Z")
	s.disc(s.accent, 400, 500, 72)
	s.ring(s.main.darker(.3), 5, 400, 500, 58)
	s.line(s.main.darker(.3), 10, "M376 478L400 524L424 478")
}

func drawBall(s *sketch) {
	r := 205.0
	cx, cy := 400.0, ground-r
	s.stand(cx, 150)
	outline := circle(cx, cy, r, r)
	s.disc(s.ball(s.main), cx, cy, r)
	s.within(outline, func() {
		switch s.style {
		case "football":
			s.turned(s.between(-20, 20), cx, cy, func() {
				pentagon := func(x, y, size, turn float64) {
					var p []float64
					for i := 0.0; i < 5; i++ {
						a := (i*72 + turn) * math.Pi / 180
						p = append(p, x+size*math.Sin(a), y-size*math.Cos(a))
					}
					s.path(s.accent, polygon(p...))
				}
				pentagon(cx, cy, 66, 0)
				for i := 0.0; i < 5; i++ {
					a := i * 72 * math.Pi / 180
					s.line(s.accent.mix(s.main, .25), 6, d("M%v %vL%v %v", cx+66*math.Sin(a), cy-66*math.Cos(a), cx+125*math.Sin(a), cy-125*math.Cos(a)))
					b := a + math.Pi/5
					s.line(s.accent.mix(s.main, .25), 6, d("M%v %vL%v %vL%v %v", cx+125*math.Sin(a), cy-125*math.Cos(a), cx+140*math.Sin(b), cy-140*math.Cos(b), cx+125*math.Sin(a+math.Pi*.4), cy-125*math.Cos(a+math.Pi*.4)))
					s.line(s.accent.mix(s.main, .25), 6, d("M%v %vL%v %v", cx+140*math.Sin(b), cy-140*math.Cos(b), cx+185*math.Sin(b), cy-185*math.Cos(b)))
					pentagon(cx+190*math.Sin(b+math.Pi/5), cy-190*math.Cos(b+math.Pi/5), 46, i*72+36+36)
				}
			})
		case "basketball":
			s.turned(s.between(-30, 30), cx, cy, func() {
				s.line(s.accent, 8, d("M%v 445H%v M400 240V650M260 270Q350 445 260 620M540 270Q450 445 540 620", cx-r, cx+r))
			})
		case "volleyball":
			s.turned(s.between(-20, 20), cx, cy, func() {
				s.path(faded{s.accent, .9}, "M400 445C330 330 330 260 360 220L480 230C430 290 400 350 400 445Z")
				s.path(faded{s.accent, .9}, "M400 445C530 440 600 490 620 520L560 630C530 540 480 480 400 445ZM400 445C330 540 260 560 200 560L190 430C270 460 330 470 400 445Z")
				s.line(s.main.darker(.3), 5, "M400 445C330 330 330 260 350 200M400 445C400 350 440 270 500 230M400 445C530 440 600 490 640 520M400 445C480 490 540 560 560 640M400 445C330 540 260 560 180 560M400 445C330 470 260 460 190 420")
			})
		default: // a medicine ball
			s.path(faded{s.accent, .9}, d("M%v 400Q400 450 %v 400V500Q400 550 %v 500Z", cx-r, cx+r, cx-r))
			s.line(shadow(.25), 5, "M290 260Q250 445 290 640M510 260Q550 445 510 640")
			s.ring(s.main.lighter(.4), 7, 400, 475, 30)
		}
		s.oval(s.glow(hex(0x1f1a2e), .5), 520, 620, 240, 130)
	})
	s.oval(light(.4), 325, 325, 46, 30)
}

func drawRacket(s *sketch) {
	s.turned(32, 400, 400, func() {
		s.cast(circle(400, 260, 140, 180))
		var data strings.Builder
		for x := 280.0; x <= 520; x += 20 {
			data.WriteString(d("M%v 80V440", x))
		}
		for y := 90.0; y <= 440; y += 20 {
			data.WriteString(d("M250 %vH550", y))
		}
		s.within(circle(400, 260, 138, 178), func() { s.line(hex(0xf7f5ea), 3, data.String()) })
		s.tube(s.main, 26, circle(400, 260, 142, 182)+"M330 420L385 530M470 420L415 530")
		s.path(s.round(s.accent), box(374, 520, 52, 230, 16))
		s.line(shadow(.3), 5, "M376 570L424 550M376 610L424 590M376 650L424 630M376 690L424 670M376 725L424 706")
	})
	s.disc(shadow(.14), 598, 640, 62)
	s.disc(s.ball(hex(0xd5df58)), 590, 625, 60)
	s.line(hex(0xfaf8f3), 6, "M546 590Q600 620 580 684M604 566Q620 610 648 616")
}

func drawPaddle(s *sketch) {
	bat := func(c rgb) {
		s.path(s.round(hex(0xd6ab74)), "M378 430L372 640Q400 660 428 640L422 430Z")
		s.path(s.slope(c), "M400 120C530 120 560 240 540 330C525 400 470 420 450 450H350C330 420 275 400 260 330C240 240 270 120 400 120Z")
		s.path(hex(0xd6ab74), "M350 450C340 420 320 405 300 392H500C480 405 460 420 450 450Z")
		s.path(light(.16), "M300 200Q340 140 400 140Q320 220 290 330Q270 260 300 200Z")
	}
	s.turned(28, 400, 400, func() {
		s.cast("M400 120C530 120 560 240 540 330C525 400 470 420 422 450L428 640H372L378 450C330 420 275 400 260 330C240 240 270 120 400 120Z")
		bat(s.accent)
	})
	s.turned(-22, 400, 420, func() { bat(s.main) })
	s.disc(s.ball(hex(0xfdfbf2)), 600, 600, 44)
}

func drawHelmet(s *sketch) {
	s.line(hex(0x44484f), 11, "M270 500L360 640L540 510M360 640Q372 660 390 650")
	shell := "M150 490C150 300 280 210 420 210C580 210 660 320 665 470C600 520 480 500 420 520S230 540 150 490Z"
	s.cast(shell)
	s.path(s.ball(s.main), shell)
	s.decorate(shell, area{150, 210, 515, 310}, 0)
	if s.style == "urban" {
		s.path(s.down(s.accent.lighter(.1), s.accent.darker(.3)), "M120 500C190 470 260 470 300 500Q220 545 130 530Z")
		for _, x := range []float64{300, 390, 480} {
			s.path(s.main.darker(.6), box(x, 300, 46, 18, 9))
		}
	} else {
		s.path(s.main.darker(.65), "M250 300Q330 250 420 262Q330 290 270 360ZM240 420Q320 330 440 320Q340 380 290 450ZM450 290Q540 290 600 360Q520 330 450 340ZM360 440Q460 370 600 410Q480 420 400 470Z")
		s.line(s.accent, 10, "M205 380Q310 240 480 238")
	}
	s.oval(light(.3), 330, 262, 80, 20)
}

func drawRope(s *sketch) {
	s.cast(box(170, 170, 44, 210, 20))
	s.line(shadow(.12), 16, "M202 390C210 690 610 720 560 480S300 400 360 560S600 620 614 398")
	s.tube(s.accent, 15, "M192 375C200 670 600 700 550 460S290 380 350 540S590 600 604 380")
	for _, x := range []float64{168, 580} {
		s.path(s.round(s.main), box(x, 160, 48, 220, 22))
		s.line(shadow(.25), 5, d("M%v 210h44M%v 230h44M%v 250h44", x+2, x+2, x+2))
		s.path(s.metal(hex(0xb8c1c9)), box(x+4, 352, 40, 28, 6))
	}
}

func drawShoe(s *sketch) {
	s.stand(400, 270)
	s.path(s.down(s.main.lighter(.15), s.main.darker(.2)), "M150 590C140 520 150 420 180 360C220 400 300 400 330 350C400 440 480 480 590 500C650 510 680 550 676 600Z")
	s.path(s.slope(s.accent), "M150 590C142 530 150 450 170 400C210 430 250 500 250 590Z")
	s.path(s.down(s.accent.lighter(.2), s.accent), "M300 585C350 520 420 520 470 480L500 486C460 540 400 560 370 588Z")
	s.path(s.main.darker(.5), "M180 360C220 400 300 400 330 350L318 336Q250 372 184 346Z")
	s.line(hex(0xfaf8f3), 10, "M344 380L390 350M376 412L424 384M414 440L460 412M456 464L500 438")
	s.path(s.down(hex(0xfdfbf4), hex(0xdcd8cc)), "M140 580Q400 600 690 580Q700 640 650 648H180Q130 650 140 580Z")
	s.line(s.accent, 8, "M146 622Q400 640 680 618")
	s.line(shadow(.12), 5, "M520 490Q560 540 560 590")
}

func drawRoller(s *sketch) {
	s.stand(400, 220)
	body := "M240 360H560A70 144 0 0 1 560 648H240Z"
	s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main.darker(.08), 1}, stop{.3, s.main.lighter(.25), 1}, stop{1, s.main.darker(.4), 1}), body)
	var data strings.Builder
	for x := 300.0; x < 620; x += 52 {
		for i := -2.0; i <= 2; i++ {
			data.WriteString(d("M%v %vh22", x+30-i*i*6, 504+i*54))
		}
	}
	s.within(body, func() { s.line(s.main.darker(.3), 20, data.String()) })
	s.oval(s.slope(s.accent), 240, 504, 80, 144)
	s.oval(s.accent.darker(.55), 244, 504, 52, 98)
}

func drawBands(s *sketch) {
	for i, c := range []rgb{s.main, s.accent, s.main.mix(s.accent, .5).lighter(.25)} {
		k := float64(i)
		loop := d("M%v %vC%v %v %v %v %v %vS%v %v %v %vZ", 190+k*40, 300+k*110, 240+k*20, 190+k*90, 560, 180+k*100, 600-k*16, 290+k*106, 250, 460+k*96, 190+k*40, 300+k*110)
		s.line(shadow(.12), 44, d("M%v %vC%v %v %v %v %v %vS%v %v %v %vZ", 200+k*40, 318+k*110, 250+k*20, 208+k*90, 570, 198+k*100, 610-k*16, 308+k*106, 260, 478+k*96, 200+k*40, 318+k*110))
		s.tube(c, 42, loop)
	}
}

func drawDuffel(s *sketch) {
	s.stand(400, 260)
	s.line(s.accent.darker(.15), 18, "M290 420C290 240 510 240 510 420")
	body := "M170 420Q180 380 230 380H570Q620 380 630 420L650 620Q650 648 620 648H180Q150 648 150 620Z"
	s.path(s.gradient("linearGradient", `x2="0" y2="1"`, stop{0, s.main, 1}, stop{.25, s.main.lighter(.22), 1}, stop{1, s.main.darker(.3), 1}), body)
	s.decorate(body, area{150, 380, 500, 270}, 0)
	s.path(shadow(.14), "M170 420Q180 380 230 380L220 648H180Q150 648 150 620ZM630 420Q620 380 570 380L580 648H620Q650 648 650 620Z")
	s.line(s.accent, 24, "M290 400V646M510 400V646")
	s.line(hex(0xb8c1c9), 5, "M240 392H560")
	s.rect(s.slope(s.main.darker(.12)), 330, 470, 140, 110, 12)
	s.line(s.accent, 5, "M340 488H460")
}

func drawGoggles(s *sketch) {
	s.line(s.main.darker(.25), 26, "M190 400C60 330 140 180 400 190S740 330 610 400")
	for _, x := range []float64{275, 525} {
		s.cast(circle(x, 430, 116, 90))
		s.oval(s.slope(s.main), x, 430, 118, 92)
		s.oval(s.gradient("linearGradient", `x2="1" y2="1"`, stop{0, s.accent.lighter(.65), 1}, stop{.5, s.accent, 1}, stop{1, s.accent.darker(.45), 1}), x, 430, 92, 66)
		s.path(light(.4), d("M%v 430Q%v 378 %v 374Q%v 390 %v 450Z", x-80, x-60, x-6, x-50, x-64))
	}
	s.tube(s.main, 20, "M378 430Q400 404 422 430")
}

func drawSkateboard(s *sketch) {
	s.turned(-32, 400, 400, func() {
		deck := box(90, 330, 620, 160, 80)
		s.cast(deck)
		for _, x := range []float64{210, 560} {
			s.rect(s.round(s.accent), x, 300, 44, 220, 18)
		}
		s.path(s.slope(s.main), deck)
		s.decorate(deck, area{90, 330, 620, 160}, 0)
		s.line(s.main.mark(.3), 4, box(98, 338, 604, 144, 72))
		s.points(hex(0x6b727a), 11, "M216 385h.1M216 435h.1M250 385h.1M250 435h.1M566 385h.1M566 435h.1M600 385h.1M600 435h.1")
	})
}
