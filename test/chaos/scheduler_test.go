package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// scheduler lets one process at a time go on, from one call to the outside to the next, at the choice of chance. Its clock is that of the
// bubble, and stands still unless nobody can do anything.
type scheduler struct {
	chance *rand.Rand
	// random is how many choices are left to chance; those that follow go to what has waited longest.
	random int
	steps  int

	mu        sync.Mutex
	processes []*process
	parked    []*parked
	woken     chan struct{}
	over      bool // everybody is to end
	last      int  // process made
}

// process is a function that runs, or an execution of a workflow.
type process struct {
	s      *scheduler
	id     int
	name   string
	waits  int  // of its calls, for their turn
	asleep bool // for a time that is known, or until it is told
	done   bool
}

// parked is a call that waits for its turn.
type parked struct {
	process *process
	what    string
	turn    chan struct{}
}

// option is something that can happen next.
type option struct {
	since int // the step from which it could
	run   func()
}

func newScheduler(seed uint64, random int) *scheduler {
	return &scheduler{chance: rand.New(rand.NewPCG(seed, 0)), random: random, woken: make(chan struct{}, 1)} //nolint:gosec // repeatable
}

// start makes a process. The caller goes on when it waits for its first turn.
func (s *scheduler) start(name string, run func(p *process)) *process {
	s.mu.Lock()
	s.last++
	p := &process{s: s, id: s.last, name: name}
	s.processes = append(s.processes, p)
	s.mu.Unlock()
	go func() {
		run(p)
		s.mu.Lock()
		p.done = true
		s.processes = slices.DeleteFunc(s.processes, func(o *process) bool { return o == p })
		s.mu.Unlock()
		s.wake()
	}()
	return p
}

func (s *scheduler) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// wait lets others go first, until it is this call's turn.
func (p *process) wait(what string) {
	turn := &parked{p, what, make(chan struct{})}
	p.s.mu.Lock()
	p.s.parked = append(p.s.parked, turn)
	p.waits++
	p.s.mu.Unlock()
	p.s.wake()
	<-turn.turn
}

// sleep lets time pass, until it is told something.
func (p *process) sleep(d time.Duration, told <-chan *tokenAnswer) (answer *tokenAnswer) {
	p.s.mu.Lock()
	over := p.s.over
	p.asleep = !over
	p.s.mu.Unlock()
	if over {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case answer = <-told:
	}
	p.wait("goes on")
	if answer == nil {
		select {
		case answer = <-told: // before it was this process's turn to notice that the time was over
		default:
		}
	}
	return answer
}

// pauseLimit is longer than the shop's own code ever pauses before it tries something again. Time passes in such steps while a process
// pauses, so that by how much exactly makes no difference.
const pauseLimit = 400 * time.Millisecond

// run makes a process go on, and returns when it waits again, sleeps or has ended.
func (s *scheduler) run(p *process, do func()) {
	do()
	for {
		synctest.Wait()
		s.mu.Lock()
		busy := !p.done && !p.asleep && p.waits == 0
		s.mu.Unlock()
		if !busy {
			return
		}
		time.Sleep(pauseLimit)
	}
}

// goOn gives a call its turn.
func (s *scheduler) goOn(c *parked) {
	s.run(c.process, func() {
		s.mu.Lock()
		s.parked = slices.DeleteFunc(s.parked, func(o *parked) bool { return o == c })
		c.process.waits--
		c.process.asleep = false
		s.mu.Unlock()
		close(c.turn)
	})
}

// calls are those that wait for their turn, always in the same order.
func (s *scheduler) calls() []*parked {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.parked, func(a, b *parked) int {
		return cmp.Or(cmp.Compare(a.process.id, b.process.id), cmp.Compare(a.what, b.what))
	})
	return slices.Clone(s.parked)
}

// maxSteps is more than any story needs that comes to rest.
const maxSteps = 60_000

// errRestless is the violation of a story that does not end.
var errRestless = errors.New("the shop does not come to rest")

// drain lets everything happen that can: calls, and what the world has to offer. due is when it has something to offer next; the zero
// time if nothing is left. check is called after each step.
func (s *scheduler) drain(offers func() []option, due func() time.Time, check func() error) error {
	for {
		synctest.Wait()
		options := offers()
		for _, c := range s.calls() {
			options = append(options, option{since: c.process.id, run: func() { s.goOn(c) }})
		}
		if len(options) == 0 {
			if !s.idle(due()) {
				return nil
			}
			continue
		}
		if s.steps++; s.steps > maxSteps {
			return fmt.Errorf("%w after %d steps", errRestless, maxSteps)
		}
		s.choose(options).run()
		synctest.Wait()
		if err := check(); err != nil {
			return err
		}
	}
}

// choose picks what happens next.
func (s *scheduler) choose(options []option) option {
	if s.random > 0 {
		s.random--
		return options[s.chance.IntN(len(options))]
	}
	return slices.MinFunc(options, func(a, b option) int { return cmp.Compare(a.since, b.since) })
}

// idle lets time pass until somebody can do something. It returns false if nobody ever will.
func (s *scheduler) idle(due time.Time) bool {
	s.mu.Lock()
	alive := len(s.processes)
	s.mu.Unlock()
	if alive == 0 && due.IsZero() {
		return false
	}
	select {
	case <-s.woken: // somebody was, before
		return true
	default:
	}
	if due.IsZero() {
		<-s.woken
		return true
	}
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-s.woken:
	case <-timer.C:
	}
	return true
}

// end ends all processes.
func (s *scheduler) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	for {
		synctest.Wait()
		calls := s.calls()
		s.mu.Lock()
		alive := len(s.processes)
		s.mu.Unlock()
		if alive == 0 {
			return
		}
		if len(calls) == 0 {
			time.Sleep(time.Hour)
			continue
		}
		for _, c := range calls {
			s.goOn(c)
		}
	}
}

// invocation is a function while it works on one thing.
type invocation struct {
	w        *world
	process  *process
	function string
	dead     bool
	mailed   string // the last mail that it sent, as long as nobody knows that it was
}

type invocationKey struct{}

func (i *invocation) context() context.Context {
	return context.WithValue(context.Background(), invocationKey{}, i)
}

// errCrash is what is left of a call when its function's process ends: nobody sees it.
var errCrash = errors.New("the function's process ended")

// call makes a call to the outside: when it is its turn, and unless the plan has a fault for it. Calls without an invocation are not part of the
// story: the third parties' own, and those that look at the outcome.
func call(ctx context.Context, what string, effect func(), broken func(n int) error) error {
	i, _ := ctx.Value(invocationKey{}).(*invocation)
	if i == nil {
		effect()
		return nil
	}
	if i.dead || i.w.over {
		i.dead = true
		return errCrash
	}
	i.process.wait(what)
	if i.dead || i.w.over {
		i.dead = true
		return errCrash
	}
	f, hit := i.w.faultOf(i.function, what)
	if !hit {
		effect()
		return nil
	}
	if f.after() {
		effect()
	}
	i.w.tell("    %s: %s", i.function, f.happening(what))
	if i.mailed != "" {
		i.w.excused[i.mailed]++
	}
	if f.crash() {
		i.dead = true
		return errCrash
	}
	return broken(i.w.called[i.function])
}
