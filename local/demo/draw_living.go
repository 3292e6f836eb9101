package demo

import (
	"math"
	"strings"
)

func drawLamp(s *sketch) {
	s.stand(400, 130)
	switch s.style {
	case "mushroom":
		s.path(s.round(s.accent), lathe(400, 380, 42, 480, 46, 600, 84, 646, 104))
		s.oval(s.glow(hex(0xffe9b0), .9), 400, 420, 250, 120)
		s.turnedBody(s.main, 400, 190, 30, 212, 120, 280, 196, 370, 218)
		s.oval(s.down(hex(0xffefc4), hex(0xffd98a)), 400, 374, 212, 32)
	case "floor":
		s.tube(s.accent, 15, "M300 640V250C300 130 520 120 545 230")
		s.path(s.round(s.accent), lathe(300, 628, 88, 648, 92))
		s.oval(s.glow(hex(0xffe9b0), .9), 545, 370, 190, 120)
		s.path(s.metal(s.main), lathe(545, 222, 26, 250, 70, 300, 112, 336, 122))
		s.oval(hex(0xffefc4), 545, 336, 116, 17)
	case "pendant":
		s.line(s.accent, 7, "M400 0V210")
		s.oval(s.glow(hex(0xffe9b0), .95), 400, 500, 270, 150)
		s.path(s.metal(s.accent), lathe(400, 195, 20, 235, 24))
		s.turnedBody(s.main, 400, 235, 26, 262, 70, 330, 168, 430, 222)
		s.oval(s.down(hex(0xfff3d2), hex(0xffdc94)), 400, 432, 214, 33)
		s.disc(s.ball(hex(0xfff1c9)), 400, 440, 34)
	default:
		s.path(s.metal(s.accent), lathe(400, 400, 12, 600, 12))
		s.path(s.round(s.accent), lathe(400, 560, 20, 600, 60, 636, 104, 648, 106))
		s.oval(s.glow(hex(0xffe9b0), .9), 400, 440, 260, 130)
		top := s.between(88, 124)
		s.turnedBody(s.main, 400, 180, top, 300, top+42, 410, 196)
		s.oval(s.down(hex(0xfff3d2), hex(0xffdc94)), 400, 412, 188, 28)
	}
}

func drawArmchair(s *sketch) {
	s.stand(400, 230)
	s.line(s.accent.darker(.15), 20, "M240 560L205 648M560 560L595 648M310 570L295 640M490 570L505 640")
	back := "M215 470C205 250 240 160 400 160S595 250 585 470Z"
	s.path(s.round(s.main.darker(.06)), back)
	s.decorate(back, area{205, 160, 390, 300}, 6)
	s.line(shadow(.12), 4, "M335 190C318 270 318 340 326 420M465 190C482 270 482 340 474 420")
	s.path(s.down(s.main.lighter(.22), s.main.darker(.08)), "M235 430C260 400 540 400 565 430L580 520H220Z")
	s.path(s.down(s.main.darker(.05), s.main.darker(.3)), box(212, 500, 376, 78, 30))
	for _, x := range []float64{168, 546} {
		s.path(s.round(s.main), d("M%v 395c0 -50 86 -50 86 0l-8 170q-35 22 -70 0Z", x))
		s.oval(light(.25), x+38, 380, 26, 16)
	}
}

func drawChair(s *sketch) {
	s.stand(400, 180)
	wood := s.accent
	s.tube(wood.darker(.25), 18, "M300 470L286 630M505 470L520 630")
	s.tube(wood, 20, "M272 660L285 240M528 660L515 240")
	switch s.style {
	case "spindle":
		s.tube(wood, 11, "M335 250V470M378 245V470M422 245V470M465 250V470")
		s.tube(wood, 34, "M282 232Q400 196 518 232")
	default:
		back := "M278 210Q400 168 522 210L516 320Q400 290 284 320Z"
		s.path(s.round(s.main), back)
		s.decorate(back, area{278, 180, 244, 140}, 0)
	}
	s.path(s.main.darker(.35), "M262 482Q400 450 538 482L560 520Q400 552 240 520Z")
	s.path(s.slope(s.main), "M262 466Q400 434 538 466L560 506Q400 538 240 506Z")
}

func drawStool(s *sketch) {
	s.stand(400, 160)
	s.tube(s.accent.darker(.2), 20, "M350 340L335 625M450 340L465 625")
	s.tube(s.accent, 24, "M300 340L250 650M500 340L550 650")
	s.tube(s.accent, 14, "M275 520H525")
	s.turnedBody(s.main, 400, 300, 172, 318, 178, 350, 168)
	s.oval(s.slope(s.main.lighter(.12)), 400, 300, 172, 172*tilt)
	if s.style == "wood" {
		s.grain(circle(400, 300, 172, 172*tilt), s.main, area{228, 272, 344, 56})
	}
}

func drawBlanket(s *sketch) {
	s.stand(400, 240)
	for i := 3.0; i >= 0; i-- {
		y := 330 + i*78
		layer := d("M190 %vC230 %v 570 %v 600 %vC640 %v 640 %v 600 %vC560 %v 230 %v 190 %vZ", y, y-22, y-22, y, y+14, y+74, y+84, y+92, y+92, y+84)
		s.path(s.down(s.main.lighter(.16), s.main.darker(.2)), layer)
		s.decorate(layer, area{180, y - 20, 450, 110}, 2)
		s.line(shadow(.16), 4, d("M196 %vC240 %v 570 %v 606 %v", y+84, y+94, y+94, y+86))
	}
	var data strings.Builder
	for x := 214.0; x < 560; x += 17 {
		data.WriteString(d("M%v 646q%v 22 -3 38", x, s.between(-8, 8)))
	}
	s.line(s.main.darker(.12), 6, data.String())
}

func drawCushion(s *sketch) {
	s.stand(400, 200)
	bulge := s.between(18, 34)
	shape := d("M185 215Q400 %v 615 215Q%v 430 620 640Q400 %v 180 640Q%v 430 185 215Z", 215+bulge, 615-bulge, 640-bulge*.4, 185+bulge)
	s.path(s.gradient("radialGradient", `cx=".4" cy=".35" r=".75"`, stop{0, s.main.lighter(.25), 1}, stop{.6, s.main, 1}, stop{1, s.main.darker(.28), 1}), shape)
	s.decorate(shape, area{180, 215, 440, 430}, 8)
	s.oval(s.glow(hex(0x1f1a2e), .16), 400, 420, 230, 210)
	s.line(s.accent.darker(.1), 5, shape)
	s.line(shadow(.16), 6, "M205 240Q260 300 268 330M595 240Q540 290 530 325M215 615Q265 560 280 540M588 610Q545 570 530 545")
}

func drawVase(s *sketch) {
	s.stand(400, 120)
	switch s.style {
	case "round", "bud":
		s.line(s.accent.darker(.3), 6, "M400 330C396 250 410 180 440 120M396 330C390 270 360 210 320 180M404 330C420 270 450 240 500 220")
		for i, p := range [][2]float64{{440, 118}, {318, 178}, {502, 218}} {
			for a := 0.0; a < 360; a += 60 {
				s.leafShape(s.accent.lighter(.12*float64(i)), p[0], p[1], 44, 20, a+s.between(0, 30))
			}
			s.disc(hex(0xf1d567), p[0], p[1], 11)
		}
		s.turnedBody(s.main, 400, 322, 44, 350, 48, 400, 118, 500, 164, 600, 120, 646, 78)
		s.mouth(s.main, 400, 322, 44, 8)
	case "fluted":
		for i := -3.0; i <= 3; i++ {
			s.tube(s.accent, 4, d("M400 340Q%v 240 %v %v", 400+i*12, 400+i*38, 110+math.Abs(i)*22))
			s.leafShape(s.accent.lighter(.2), 400+i*38, 150+math.Abs(i)*22, 80, 14, i*9)
		}
		s.turnedBody(s.main, 400, 320, 108, 380, 76, 480, 66, 560, 84, 646, 96)
		s.mouth(s.main, 400, 320, 108, 9)
	default:
		s.line(s.accent.darker(.25), 6, "M400 320C395 220 380 150 350 90M402 320C420 230 450 160 470 130")
		for i := 0.0; i < 6; i++ {
			s.leafShape(s.accent, 396-i*8, 280-i*30, 78, 24, -62+i*5)
			s.leafShape(s.accent.lighter(.12), 404+i*11, 270-i*24, 74, 24, 62-i*5)
		}
		s.turnedBody(s.main, 400, 300, 52, 340, 46, 420, 92, 500, 112, 600, 92, 646, 74)
		s.mouth(s.main, 400, 300, 52, 8)
	}
}

func drawWallClock(s *sketch) {
	s.cast(circle(400, 390, 235, 235))
	s.disc(s.slope(s.accent), 400, 390, 240)
	s.disc(s.accent.darker(.35), 400, 390, 216)
	s.disc(s.slope(s.main.lighter(.2)), 400, 394, 212)
	s.face(400, 392, 190, s.main.mark(.75), s.between(0, 360))
}

// face draws a clock's marks and hands; the minute hand points in the given direction.
func (s *sketch) face(cx, cy, r float64, c rgb, minute float64) {
	for h := 0.0; h < 12; h++ {
		long := .08
		if math.Mod(h, 3) == 0 {
			long = .16
		}
		a := h * math.Pi / 6
		s.line(c, r*.035, d("M%v %vL%v %v", cx+r*math.Sin(a), cy-r*math.Cos(a), cx+r*(1-long)*math.Sin(a), cy-r*(1-long)*math.Cos(a)))
	}
	hand := func(f fill, width, length, degrees float64) {
		a := degrees * math.Pi / 180
		s.line(f, width, d("M%v %vL%v %v", cx-r*.14*math.Sin(a), cy+r*.14*math.Cos(a), cx+r*length*math.Sin(a), cy-r*length*math.Cos(a)))
	}
	hand(c, r*.07, .5, 300+minute/12)
	hand(c, r*.05, .8, minute)
	hand(hex(0xc94a43), r*.018, .88, minute+130)
	s.disc(hex(0xc94a43), cx, cy, r*.05)
}

func drawCandle(s *sketch) {
	s.stand(400, 130)
	s.oval(s.glow(hex(0xffdf9a), .9), 400, 240, 190, 190)
	if s.style == "jar" {
		s.turnedBody(s.main, 400, 390, 140, 500, 142, 630, 138, 646, 126)
		s.oval(s.main.darker(.3), 400, 390, 140, 23)
		s.oval(s.down(hex(0xf6e8cc), hex(0xfff7e4)), 400, 396, 130, 20)
		s.rect(s.slope(hex(0xfaf5ea)), 330, 480, 140, 100, 6)
		s.line(s.accent, 5, "M352 512H448M366 535H434M380 556H420")
		s.line(hex(0x3a3340), 5, "M400 394V350")
		s.path(s.down(hex(0xffe9a8), hex(0xf4a340)), "M400 262C430 310 430 352 400 354S370 310 400 262Z")
		return
	}
	for _, p := range [][2]float64{{292, 300}, {400, 220}, {508, 340}} {
		s.path(s.round(s.main), lathe(p[0], p[1], 27, 570, 31))
		s.oval(s.main.lighter(.4), p[0], p[1], 27, 6)
		s.path(s.metal(s.accent), lathe(p[0], 556, 40, 590, 34, 606, 20, 636, 52, 646, 54))
		s.line(hex(0x3a3340), 4, d("M%v %vv-22", p[0], p[1]))
		s.path(s.down(hex(0xffe9a8), hex(0xf4a340)), d("M%v %vq26 48 0 58q-26 -10 0 -58Z", p[0], p[1]-76))
	}
}

func drawMirror(s *sketch) {
	s.cast(circle(400, 370, 225, 225))
	s.line(s.accent.darker(.2), 16, "M300 160C330 80 470 80 500 160")
	s.disc(s.slope(s.accent), 400, 370, 230)
	s.disc(s.accent.darker(.4), 400, 370, 210)
	glass := circle(400, 373, 207, 207)
	s.path(s.gradient("linearGradient", `x2="1" y2="1"`, stop{0, hex(0xf4fafb), 1}, stop{.5, hex(0xc6dbe2), 1}, stop{1, hex(0xe5f0f2), 1}), glass)
	s.within(glass, func() {
		s.path(light(.5), "M180 480L470 120H540L230 560Z")
		s.path(light(.4), "M300 590L600 210L630 240L340 610Z")
	})
}

func drawBasket(s *sketch) {
	s.stand(400, 180)
	s.tube(s.accent, 20, "M250 400C230 300 290 290 300 380M550 400C570 300 510 290 500 380")
	s.pattern = "weave"
	base := s.accent
	s.accent = s.main.darker(.3)
	s.turnedBody(s.main, 400, 360, 200, 450, 196, 560, 178, 646, 150)
	s.oval(s.main.darker(.5), 400, 360, 192, 30)
	if s.style == "filled" {
		s.path(s.down(base.lighter(.3), base), "M225 362C260 290 320 320 370 300S520 280 575 362Q400 410 225 362Z")
		s.line(shadow(.15), 5, "M300 350Q350 320 420 345M440 330Q500 320 540 352")
	}
	s.line(s.main.darker(.12), 12, "M200 362A200 32 0 0 0 600 362")
}
